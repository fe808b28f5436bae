import BoundedJSON

/// What a client asks for, in its first message (iperf_api.c, `send_parameters`). The defaults are those of iperf3's
/// server, which apply to keys the client left out.
public struct TestParameters: Sendable, Equatable {
  public var protocolName: TransportProtocol = .tcp
  /// Seconds at the beginning that do not count (`-O`).
  public var omit: Int = 0
  /// Seconds after those (`-t`); 0 when `bytes` or `blockCount` end the test, or nothing does.
  public var time: Int = 10
  /// Bytes to send, all streams together (`-n`, the key `num`); 0 when something else ends the test.
  public var bytes: UInt64 = 0
  /// Blocks to send, all streams together (`-k`); 0 when something else ends the test.
  public var blockCount: UInt64 = 0
  /// Streams (`-P`).
  public var parallel: Int = 1
  /// Bytes of one write (`-l`).
  public var length: Int = 128 << 10
  /// Bits per second of each stream (`-b`); 0 is unlimited.
  public var bandwidth: UInt64 = 0
  /// Blocks sent back to back at a limited rate.
  public var burst: Int?
  /// Bits per second of each stream, kept by the kernel's fq pacing; 0 is unlimited.
  public var fairQueueRate: UInt64 = 0
  /// Microseconds between a sender's looks at its rate.
  public var pacingTimer: Int?
  /// Bytes (`-M`); nil leaves the kernel's choice.
  public var maximumSegmentSize: Int?
  /// Bytes of the socket buffers (`-w`); nil leaves the kernel's choice.
  public var window: Int?
  /// The congestion control asked for (`-C`): 1…15 printable ASCII bytes; nil leaves the kernel's choice.
  public var congestion: String?
  /// The IP type-of-service byte (`-S`).
  public var typeOfService: Int?
  /// The IPv6 flow label (`-L`).
  public var flowLabel: Int?
  /// The processor the server shall run on (`-A n,m`: m).
  public var serverAffinity: Int?
  /// The client wants the server's output among the results.
  public var getServerOutput = false
  public var noDelay = false
  public var reverse = false
  public var bidirectional = false
  /// The client opens MPTCP connections.
  public var multipath = false
  /// The sender uses sendfile (`-Z`).
  public var zerocopy = false
  /// The payload is a repeated pattern of iperf3's instead of random bytes.
  public var repeatingPayload = false
  /// The receiver shall discard instead of copy (MSG_TRUNC; iperf3 3.19 and later).
  public var skipReceiveCopy = false
  /// The user's name and password, encrypted for the server.
  public var authToken: String?
  public var clientVersion: String?
  /// Text that stands before the client's output lines (`-T`).
  public var title: String?
  /// Text the client wants in its report (`--extra-data`).
  public var extraData: String?
  /// Our own parameters, under the key `zcrx_bench`, which iperf3 ignores.
  public var extras: JSONObject?

  public init() {}
}
