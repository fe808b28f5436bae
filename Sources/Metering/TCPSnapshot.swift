import CLinux
import Glibc
import Linux
import SystemPackage

/// The state of one TCP connection as its kernel sees it (tcp(7): TCP_INFO, TCP_CONGESTION; socket(7): buffers).
public struct TCPSnapshot: Sendable, Equatable {
  /// Segments this side has retransmitted since the connection began.
  public var totalRetransmits: UInt32
  /// Name of the congestion control in use.
  public var congestion: String
  /// Maximum segment size this side sends with, bytes.
  public var sendMss: UInt32
  /// Maximum segment size estimated from what arrived, bytes.
  public var receiveMss: UInt32
  /// Bytes.
  public var pathMtu: UInt32
  /// Smoothed round-trip time, microseconds.
  public var rtt: UInt32
  /// Microseconds.
  public var rttVariation: UInt32
  /// Microseconds; 0 before Linux 4.6.
  public var minimumRtt: UInt32
  /// The peer's window, bytes; 0 before Linux 5.4.
  public var sendWindow: UInt32
  /// Bytes: the kernel's segments times `sendMss`, as iperf3 reports it.
  public var congestionWindow: UInt32
  /// SO_SNDBUF, bytes; the kernel doubles what was set.
  public var sendBuffer: Int
  /// SO_RCVBUF, bytes; the kernel doubles what was set, and without that grows it as it sees fit.
  public var receiveBuffer: Int
  /// The window this side offers, bytes; nil before Linux 6.2.
  public var receiveWindow: UInt32?
  /// What the kernel's tuning of the receive buffer aims at, bytes.
  public var receiveSpace: UInt32
  /// Segments that arrived out of order; 0 before Linux 5.4.
  public var outOfOrderSegments: UInt32
  /// Segments that came in and went out since the connection began, those without data included, modulo 2³²: what was
  /// joined or split by offloads counts as it was on the wire; 0 before Linux 4.2.
  public var segmentsIn: UInt32
  public var segmentsOut: UInt32
  /// Microseconds since the connection began in which this side had data to send (Linux 4.10).
  public var busyTime: UInt64
  /// Of `busyTime`, microseconds in which the peer's window held it back.
  public var windowLimitedTime: UInt64
  /// Of `busyTime`, microseconds in which this side's own send buffer did.
  public var bufferLimitedTime: UInt64

  /// Reads the state of the TCP socket `fd`. A connection that has ended is still described; what is no TCP socket is
  /// refused with EOPNOTSUPP or ENOTSOCK.
  public init(fd: Int32) throws(SystemCallError) {
    var info = zb_tcp_info()
    let result = zb_tcp_info(fd, &info)
    guard result == 0 else { throw Self.refusal("TCP_INFO", Errno(rawValue: -result)) }
    totalRetransmits = info.total_retrans
    congestion = try Self.congestion(of: fd)
    sendMss = info.snd_mss
    receiveMss = info.rcv_mss
    pathMtu = info.pmtu
    rtt = info.rtt
    rttVariation = info.rttvar
    minimumRtt = info.min_rtt
    sendWindow = info.snd_wnd
    congestionWindow = UInt32(clamping: UInt64(info.snd_cwnd) * UInt64(info.snd_mss))
    sendBuffer = try Self.buffer(of: fd, SO_SNDBUF, "SO_SNDBUF")
    receiveBuffer = try Self.buffer(of: fd, SO_RCVBUF, "SO_RCVBUF")
    receiveWindow = UInt32(exactly: info.rcv_wnd)
    receiveSpace = info.rcv_space
    outOfOrderSegments = info.rcv_ooopack
    segmentsIn = info.segs_in
    segmentsOut = info.segs_out
    busyTime = info.busy_time
    windowLimitedTime = info.rwnd_limited
    bufferLimitedTime = info.sndbuf_limited
  }

  /// Packets the socket has dropped, for want of memory most of all; nil where the kernel does not tell (before 4.12).
  public static func drops(of fd: Int32) -> UInt32? {
    var dropped: UInt32 = 0
    return zb_socket_drops(fd, &dropped) == 0 ? dropped : nil
  }

  private static func congestion(of fd: Int32) throws(SystemCallError) -> String {
    // The kernel's names hold at most 16 bytes, NUL included (TCP_CA_NAME_MAX, include/net/tcp.h).
    var name = [UInt8](repeating: 0, count: 16)
    var size = socklen_t(name.count)
    guard getsockopt(fd, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, &size) == 0 else {
      throw refusal("TCP_CONGESTION", Errno(rawValue: errno))
    }
    return String(decoding: name.prefix(Int(size)).prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func buffer(of fd: Int32, _ option: Int32, _ name: String) throws(SystemCallError) -> Int {
    var bytes: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(fd, SOL_SOCKET, option, &bytes, &size) == 0 else { throw refusal(name, Errno(rawValue: errno)) }
    return Int(bytes)
  }

  private static func refusal(_ option: String, _ errno: Errno) -> SystemCallError {
    SystemCallError(attempt: "read \(option) of a connection", call: "getsockopt", errno: errno)
  }
}
