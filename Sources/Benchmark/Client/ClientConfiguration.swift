import Linux

/// What `zcrx-bench client` was asked for.
public struct ClientConfiguration: Sendable {
  public var host: String
  public var port: UInt16 = 5201
  public var family: SocketAddress.Family?
  /// 1…128.
  public var streams = 1
  /// What ends the test.
  public var end = End.seconds(10)
  /// Seconds at the start that do not count.
  public var omit = 0
  /// Bytes per send call; nil leaves it to the method and the rate.
  public var length: Int?
  /// SO_SNDBUF and SO_RCVBUF on both sides, bytes; nil leaves them to the kernel.
  public var window: Int32?
  public var maximumSegmentSize: Int32?
  public var congestion: String?
  /// Bits per second and stream; 0 is unlimited.
  public var bitsPerSecond: UInt64 = 0
  /// Blocks sent back to back before the rate is looked at.
  public var burst = 1
  /// How to send; nil leaves it to the way to the server and to what the kernel offers.
  public var method: SendMethod?
  /// CPUs for the send threads, in turn; empty leaves them to the scheduler.
  public var affinity: [Int] = []
  /// Seconds between interval reports; 0 gives none.
  public var interval: Double = 1
  public var getServerOutput = false
  public var verify = false
  /// Count the traffic of the machine's memory, where it can be counted; an idle second goes before the test then.
  public var metersMemory = true
  /// Seconds to wait for a connection. The kernel's own time-out, some two minutes, is more than a person waits.
  public var connectTimeout = 10.0
  /// The mode that the server is asked to receive with; nil leaves it to the server.
  public var mode: ReceiveMode?
  /// Bytes of a buffer of the zero-copy area that the server is asked for; nil leaves them to the server.
  public var bufferLength: Int?
  /// Where the server is asked to run its workers; nil leaves it to the server.
  public var receiverPlacement: ReceiverPlacement?
  /// The server is asked which modes it may be asked for.
  public var asksForModes = false
  public var toolVersion: String

  /// Where a receiver's workers run, relative to the CPU that serves their packets.
  public enum ReceiverPlacement: String, Sendable, CaseIterable {
    case same
    case other
  }

  public enum End: Sendable, Equatable {
    /// 0 is until a signal comes.
    case seconds(Int)
    /// Over all streams together.
    case bytes(UInt64)
  }

  public init(host: String, toolVersion: String) {
    self.host = host
    self.toolVersion = toolVersion
  }

  /// Seconds the server may take for each step of the exchange.
  static let stepTimeout = 30.0
  /// Seconds without a byte taken by the server after which it is given up.
  private static let stallTimeout = 30.0

  /// Seconds without a byte taken after which the server is given up; a low rate (-b) pauses between its blocks.
  func stallTimeout(length: Int) -> Double {
    ClientConfiguration.stallTimeout + (bitsPerSecond > 0 ? Double(length) * 8 / Double(bitsPerSecond) : 0)
  }

  /// Sets what must be set before a stream's handshake.
  func prepare(_ socket: Socket) throws(SystemCallError) {
    try StreamBuffers(receive: window, send: window).apply(to: socket)
    if let maximumSegmentSize { try socket.setMaximumSegmentSize(maximumSegmentSize) }
    if let congestion { try socket.setCongestionControl(congestion) }
  }

  /// Bytes per send call: where the user leaves the choice what suits the method, but at least ten calls a second at a low
  /// rate (-b), down to 1 KiB, so that the rate is kept from the first second on.
  func length(with method: SendMethod) -> Int {
    if let length { return length }
    let best = method.defaultLength
    return bitsPerSecond == 0 ? best : Int(min(UInt64(best), max(1024, bitsPerSecond / 80)))
  }
}
