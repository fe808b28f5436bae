/// What the kernel and the driver tell about the interface's receive queues during a run, besides the streams' NAPIs
/// (docs/zero-copy.md).
public struct ArrivalReport: Sendable, Equatable {
  /// The run's zero-copy queues.
  public var queues: [QueueArrivalReport] = []
  /// Packets and bytes that all other receive queues of the interface counted, together; nil where they do not count.
  public var otherPackets: UInt64?
  public var otherBytes: UInt64?
  /// What is not known, each with its reason.
  public var absent: [String] = []

  public init() {}
}

/// One zero-copy queue as others tell of it.
public struct QueueArrivalReport: Sendable, Equatable {
  /// The interface's receive queue.
  public var queue: Int
  /// Whether queue-get named an io_uring as the provider of its memory when the test began, and when it ended (Linux 6.15);
  /// nil where it is not known.
  public var boundAtBegin: Bool?
  public var boundAtEnd: Bool?
  /// Whether a page pool of its NAPI was io_uring's then; nil where it is not known.
  public var pooledAtBegin: Bool?
  public var pooledAtEnd: Bool?
  /// Packets and bytes the driver counted on it between these moments, everybody's, headers included (qstats-get, Linux
  /// 6.10); nil where it does not count.
  public var packets: UInt64?
  public var bytes: UInt64?

  public init(queue: Int) {
    self.queue = queue
  }
}
