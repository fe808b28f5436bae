/// What the run was asked to do, and what was really used where that may differ.
public struct RunSettings: Sendable, Equatable {
  public var streams: Int = 1
  /// Bytes per read or write call.
  public var blockLength: Int = 131_072
  /// Seconds at the start that do not count.
  public var omit: Int = 0
  /// Seconds; 0 when the end is set by bytes or by end of file.
  public var duration: Int = 0
  /// Bytes; 0 when the end is set by time or by end of file.
  public var bytes: UInt64 = 0
  /// Blocks of `blockLength` bytes (iperf3's -k); 0 when the end is set otherwise.
  public var blocks: UInt64 = 0
  /// Bits per second and stream; 0 is unlimited.
  public var bandwidth: UInt64 = 0
  /// Bits per second and stream that the client's kernel is to keep to (iperf3's --fq-rate); 0 is unlimited.
  public var fairQueueRate: UInt64 = 0
  /// Seconds between this side's interval reports, 0 without them; nil in reports that do not tell.
  public var interval: Double?
  /// The client's own words for the test (iperf3's -T and --extra-data); nil where it has none.
  public var title: String?
  public var extraData: String?
  /// Requested TCP maximum segment size in bytes; nil leaves it to the kernel.
  public var maximumSegmentSize: Int?
  /// Requested socket buffer size in bytes; nil leaves it to the kernel.
  public var window: Int?
  /// Requested congestion control; nil leaves it to the kernel.
  public var congestion: String?
  public var verify: Bool = false
  /// Receiver: the mode asked for, as typed.
  public var requestedMode: String?
  /// Receiver: the mode used.
  public var mode: String?
  /// Receiver: why `mode` is not literally what was asked for.
  public var modeReason: String?
  /// Receiver: bytes per receive call at most.
  public var receiveLength: Int?
  /// Sender: the send path asked for, as typed.
  public var requestedSend: String?
  /// Sender: the send path used.
  public var send: String?
  /// Sender: why `send` was chosen.
  public var sendReason: String?
  /// Interface and queues asked for with -i and -q, as typed.
  public var interface: String?
  public var queues: String?

  public init() {}
}
