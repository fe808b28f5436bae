/// One TCP connection of the run.
public struct StreamReport: Sendable, Equatable {
  /// iperf3's stream number: 1, 3, 4, 5, … (2 is never used). Raw streams are numbered the same way.
  public var id: Int
  /// File descriptor, iperf3's `socket`.
  public var socket: Int
  public var local: Endpoint
  public var remote: Endpoint
  /// The sender's account, omitted seconds excluded; nil when unknown.
  public var sent: Transfer?
  /// The receiver's account, omitted seconds excluded; nil when unknown.
  public var received: Transfer?
  /// Bytes of the omitted seconds, by this side's account.
  public var omittedBytes: UInt64 = 0
  /// Copied or not, for this stream; nil where zero-copy receive was not in use, or the receiver did not tell.
  public var copyAccount: CopyAccount?
  /// Where the stream arrived; nil where zero-copy receive was not in use.
  public var placement: PlacementReport?
  /// Bytes that arrived and could no longer be read, counted in no other figure.
  public var lostBytes: UInt64 = 0
  /// Bytes that lay in the socket when receiving ended and were not read (FIONREAD), counted in no other figure.
  public var unreadBytes: UInt64 = 0
  /// This side's TCP state at the end; nil when it could not be read.
  public var tcp: TCPReport?
  /// Why the stream ended badly; nil when it did not.
  public var failure: String?

  public init(id: Int, socket: Int, local: Endpoint, remote: Endpoint) {
    self.id = id
    self.socket = socket
    self.local = local
    self.remote = remote
  }
}

/// TCP_INFO and socket options of one connection (tcp(7)); sizes in bytes, times in microseconds.
public struct TCPReport: Sendable, Equatable {
  /// Segments retransmitted by this side since the connection began.
  public var retransmits: UInt64 = 0
  public var congestion: String = ""
  /// Maximum segment size this side sends with.
  public var sendMss: UInt32 = 0
  /// Maximum segment size estimated from what arrived.
  public var receiveMss: UInt32 = 0
  public var pathMtu: UInt32 = 0
  public var rtt: UInt32 = 0
  public var rttVariation: UInt32 = 0
  public var minimumRtt: UInt32 = 0
  public var maximumRtt: UInt32 = 0
  public var meanRtt: UInt32 = 0
  public var sendWindow: UInt32 = 0
  public var maximumSendWindow: UInt32 = 0
  public var congestionWindow: UInt32 = 0
  public var maximumCongestionWindow: UInt32 = 0
  /// SO_SNDBUF and SO_RCVBUF as the kernel reports them (it doubles what was set).
  public var sendBuffer: Int = 0
  public var receiveBuffer: Int = 0
  /// Segments that came in and went out since the connection began, those without data included, modulo 2³²; nil in
  /// reports that do not tell.
  public var segmentsIn: UInt32?
  public var segmentsOut: UInt32?
  /// Nil on a side that does not send, or does not receive, the stream's bytes.
  public var sending: TCPSending?
  public var receiving: TCPReceiving?

  public init() {}
}
