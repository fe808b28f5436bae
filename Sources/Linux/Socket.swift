import CLinux
import Glibc
import SystemPackage

/// A TCP socket: the calls the benchmark needs, each refusal a typed error. Holders share it by reference.
public struct Socket: Sendable {
  public let descriptor: Descriptor

  public var number: Int32 { descriptor.number }

  private init(owning number: Int32) {
    descriptor = Descriptor(owning: number)
  }

  public init(_ family: SocketAddress.Family) throws(SystemCallError) {
    self.init(
      owning: try checked("socket", to: "create a TCP socket") {
        socket(family.number, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      })
  }

  // MARK: Listening and connecting

  public func bind(to address: SocketAddress) throws(SystemCallError) {
    try checked("bind", to: "bind to \(address.host) port \(address.port)") {
      address.withSockaddr { Glibc.bind(number, $0, $1) }
    }
  }

  public func listen(backlog: Int32) throws(SystemCallError) {
    try checked("listen", to: "listen for connections") { Glibc.listen(number, backlog) }
  }

  /// Takes one waiting connection, close-on-exec and non-blocking; nil when none waits.
  public func accept() throws(SystemCallError) -> Socket? {
    let accepted = zb_accept(number)
    if accepted >= 0 { return Socket(owning: accepted) }
    let errno = -accepted
    switch errno {
    // A connection that died in the queue is no failure of the listener (accept(2), "Error handling").
    case EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ENONET, ENOPROTOOPT:
      return nil
    default:
      throw SystemCallError(
        attempt: "accept a connection", call: "accept4", errno: Errno(rawValue: errno),
        advice: errno == EMFILE ? "raise the limit of open files (ulimit -n)" : nil)
    }
  }

  /// Begins to connect; the socket becomes writable when it is decided, see `takeError`.
  public func startConnecting(to address: SocketAddress) throws(SystemCallError) {
    let result = address.withSockaddr { Glibc.connect(number, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else {
      throw SystemCallError(
        attempt: "connect to \(address.host) port \(address.port)", call: "connect", errno: Errno(rawValue: errno))
    }
  }

  /// The error that ended the last asynchronous operation, taken and cleared (SO_ERROR); nil when there is none.
  public func takeError() -> Errno? {
    let value = (try? option(SOL_SOCKET, SO_ERROR, "SO_ERROR")) ?? 0
    return value == 0 ? nil : Errno(rawValue: value)
  }

  /// Nil when the socket is not connected any more.
  public var localAddress: SocketAddress? { SocketAddress { getsockname(number, $0, $1) } }
  public var remoteAddress: SocketAddress? { SocketAddress { getpeername(number, $0, $1) } }

  // MARK: Bytes

  /// What one non-blocking read found.
  public enum Received: Equatable, Sendable {
    case bytes([UInt8])
    case nothing
    case endOfStream
    case failed(Errno)
  }

  /// Reads at most `count` bytes without waiting.
  public func receive(atMost count: Int) -> Received {
    var length = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      length = recv(number, buffer.baseAddress, count, Int32(MSG_DONTWAIT))
      initialized = max(0, length)
    }
    if length > 0 { return .bytes(bytes) }
    if length == 0 { return .endOfStream }
    return errno == EAGAIN || errno == EINTR ? .nothing : .failed(Errno(rawValue: errno))
  }

  /// Writes as much of `bytes` as fits now; the count written, 0 when nothing fits.
  public func send(_ bytes: ArraySlice<UInt8>) throws(SystemCallError) -> Int {
    let count = bytes.withUnsafeBytes {
      Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw SystemCallError(attempt: "send to the peer", call: "send", errno: Errno(rawValue: errno))
  }

  public func shutDown(sending: Bool, receiving: Bool) {
    // A socket that is no longer connected needs no shutting down: the refusal says nothing new.
    _ = Glibc.shutdown(
      number, Int32(sending && receiving ? SHUT_RDWR : sending ? SHUT_WR : SHUT_RD))
  }

  // MARK: Options

  public func setBlocking(_ blocking: Bool) throws(SystemCallError) {
    let flags = try checked("fcntl", to: "read the socket's flags") { fcntl(number, F_GETFL) }
    try checked("fcntl", to: "make the socket \(blocking ? "blocking" : "non-blocking")") {
      fcntl(number, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK)
    }
  }

  public func allowAddressReuse() throws(SystemCallError) { try setOption(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR") }
  /// Lets other sockets of the same user that permit it too listen on the same address (SO_REUSEPORT, socket(7)).
  public func allowPortSharing(_ allowed: Bool) throws(SystemCallError) {
    try setOption(SOL_SOCKET, SO_REUSEPORT, allowed ? 1 : 0, "SO_REUSEPORT")
  }
  public func setIPv6Only(_ only: Bool) throws(SystemCallError) {
    try setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, only ? 1 : 0, "IPV6_V6ONLY")
  }
  public func disableNagle() throws(SystemCallError) {
    try setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1, "TCP_NODELAY")
  }
  /// Has the kernel ask an idle peer whether it is still there, which also keeps the connection in the tables of firewalls
  /// and NATs on the way (tcp(7), TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).
  ///
  /// - Parameters:
  ///   - idle: seconds without a packet before the first question.
  ///   - interval: seconds between questions.
  ///   - count: questions without an answer after which the connection fails with ETIMEDOUT.
  public func keepAlive(idle: Int32, interval: Int32, count: Int32) throws(SystemCallError) {
    try setOption(Int32(IPPROTO_TCP), TCP_KEEPIDLE, idle, "TCP_KEEPIDLE")
    try setOption(Int32(IPPROTO_TCP), TCP_KEEPINTVL, interval, "TCP_KEEPINTVL")
    try setOption(Int32(IPPROTO_TCP), TCP_KEEPCNT, count, "TCP_KEEPCNT")
    try setOption(SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE")
  }
  /// Bytes; the kernel doubles it and caps it at net.core.rmem_max or wmem_max (socket(7)).
  public func setReceiveBuffer(_ bytes: Int32) throws(SystemCallError) {
    try setOption(SOL_SOCKET, SO_RCVBUF, bytes, "SO_RCVBUF")
  }
  public func setSendBuffer(_ bytes: Int32) throws(SystemCallError) {
    try setOption(SOL_SOCKET, SO_SNDBUF, bytes, "SO_SNDBUF")
  }
  public func receiveBuffer() throws(SystemCallError) -> Int32 { try option(SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF") }
  public func sendBuffer() throws(SystemCallError) -> Int32 { try option(SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF") }
  /// Bytes that must be queued before the socket counts as readable (socket(7), SO_RCVLOWAT); the kernel caps it at half
  /// the receive buffer there may be.
  public func setReceiveLowWater(_ bytes: Int32) throws(SystemCallError) {
    try setOption(SOL_SOCKET, SO_RCVLOWAT, bytes, "SO_RCVLOWAT")
  }
  public func receiveLowWater() throws(SystemCallError) -> Int32 { try option(SOL_SOCKET, SO_RCVLOWAT, "SO_RCVLOWAT") }
  /// Bytes; takes effect on the handshake only when set before connecting.
  public func setMaximumSegmentSize(_ bytes: Int32) throws(SystemCallError) {
    try setOption(Int32(IPPROTO_TCP), TCP_MAXSEG, bytes, "TCP_MAXSEG")
  }
  public func maximumSegmentSize() throws(SystemCallError) -> Int32 {
    try option(Int32(IPPROTO_TCP), TCP_MAXSEG, "TCP_MAXSEG")
  }
  /// How long a blocking send may wait before it returns with what it has done.
  public func setSendTimeout(milliseconds: Int) throws(SystemCallError) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    try checked("setsockopt", to: "set SO_SNDTIMEO") {
      setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }
  public func setCongestionControl(_ name: String) throws(SystemCallError) {
    try checked(
      "setsockopt", to: "use congestion control '\(name)'",
      advice: "the kernel's list: /proc/sys/net/ipv4/tcp_available_congestion_control"
    ) {
      setsockopt(number, Int32(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(name.utf8.count))
    }
  }

  /// Bytes queued and not yet read (SIOCINQ).
  public func queuedBytes() throws(SystemCallError) -> Int32 {
    var count: Int32 = 0
    try checked("ioctl", to: "ask how many bytes are queued") { ioctl(number, UInt(FIONREAD), &count) }
    return count
  }

  /// The NAPI instance the last packet came through (SO_INCOMING_NAPI_ID, Linux 4.12): that of one receive queue of one
  /// interface; 0 when none is known, as for packets that never met a device.
  public func incomingNAPI() throws(SystemCallError) -> UInt32 {
    UInt32(bitPattern: try option(SOL_SOCKET, SO_INCOMING_NAPI_ID, "SO_INCOMING_NAPI_ID"))
  }

  /// The CPU that received the last packet in softirq (SO_INCOMING_CPU, Linux 3.19); nil while none came.
  public func incomingCPU() throws(SystemCallError) -> Int? {
    let cpu = try option(SOL_SOCKET, SO_INCOMING_CPU, "SO_INCOMING_CPU")
    return cpu >= 0 ? Int(cpu) : nil
  }

  /// Has the kernel keep the headers of each SYN for the connections to come (TCP_SAVE_SYN, tcp(7), Linux 4.2).
  public func saveSYN() throws(SystemCallError) {
    try setOption(Int32(IPPROTO_TCP), Self.saveSYNOption, 1, "TCP_SAVE_SYN")
  }

  /// Whether the SYN of an accepted connection had IPv6 extension headers. Nil where the kernel did not keep it, and the
  /// second time: it is given out once (TCP_SAVED_SYN, tcp(7)).
  public func takeHadExtensionHeaders() -> Bool? {
    // Refused where there is no room for all of them.
    var headers = [UInt8](repeating: 0, count: 512)
    var size = socklen_t(headers.count)
    guard getsockopt(number, Int32(IPPROTO_TCP), Self.savedSYNOption, &headers, &size) == 0, size >= 40 else {
      return nil
    }
    return headers[0] >> 4 == 6 && headers[6] != UInt8(IPPROTO_TCP)
  }

  // linux/tcp.h; glibc's netinet/tcp.h is of no fixed age.
  private static let saveSYNOption: Int32 = 27
  private static let savedSYNOption: Int32 = 28

  /// How long receiving polls the interface before it sleeps, in microseconds (SO_BUSY_POLL, Linux 3.11).
  /// - Throws: EPERM where it is more than net.core.busy_read and the process has no CAP_NET_ADMIN.
  public func setBusyPoll(microseconds: Int32) throws(SystemCallError) {
    try setOption(SOL_SOCKET, SO_BUSY_POLL, microseconds, "SO_BUSY_POLL")
  }
  /// Lets busy polling hold interrupts back (SO_PREFER_BUSY_POLL, Linux 5.11).
  /// - Throws: EPERM without CAP_NET_ADMIN, ENOPROTOOPT on older kernels.
  public func preferBusyPoll() throws(SystemCallError) {
    try setOption(SOL_SOCKET, SO_PREFER_BUSY_POLL, 1, "SO_PREFER_BUSY_POLL")
  }

  private func setOption(_ level: Int32, _ option: Int32, _ value: Int32, _ name: String) throws(SystemCallError) {
    var value = value
    try checked("setsockopt", to: "set \(name) to \(value)") {
      setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  private func option(_ level: Int32, _ option: Int32, _ name: String) throws(SystemCallError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    try checked("getsockopt", to: "read \(name)") { getsockopt(number, level, option, &value, &size) }
    return value
  }
}
