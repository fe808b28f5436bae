/// How receiving waited for packets: busy polling, minimum waits, and what the interface's NAPI instances defer.
public struct PollingReport: Sendable, Equatable {
  /// How busy polling was asked of the kernel.
  public enum Method: String, Sendable, CaseIterable {
    /// A ring polls the NAPI instances that serve its queue (IORING_REGISTER_NAPI).
    case ringStatic = "ring_static"
    /// A ring polls those its sockets had their last packets from.
    case ringDynamic = "ring_dynamic"
    /// EPIOCSPARAMS of the epoll sets and SO_BUSY_POLL of the sockets.
    case epoll
    /// SO_BUSY_POLL of the sockets alone.
    case sockets
  }

  /// Microseconds of --busy-poll; nil where it was not asked for or is not in force.
  public var busyPoll: UInt32?
  /// The least of what the workers were granted; nil with `busyPoll`.
  public var method: Method?
  /// Microseconds of --min-wait; nil where it was not asked for or is not in force.
  public var minimumWait: UInt32?
  /// Completions that end a wait before that time; nil with `minimumWait`.
  public var minimumWaitBatch: UInt32?
  /// Of the NAPI instances of the run's zero-copy queues, as they were at the run's end.
  public var deferrals: [NAPIDeferralReport] = []
  /// What was asked for and is not in force, and why.
  public var refusals: [String] = []

  public init() {}

  /// Whether it has nothing to tell.
  public var isEmpty: Bool { self == PollingReport() }
}

/// How long a NAPI instance leaves its interrupt masked (netdev(7), napi-get).
public struct NAPIDeferralReport: Sendable, Equatable {
  public var queue: Int
  public var napi: UInt32
  /// Empty polls before the interrupt is unmasked.
  public var deferHardIRQs: UInt32?
  /// Nanoseconds between such polls.
  public var groFlushTimeout: UInt64?
  /// Nanoseconds; only epoll(7) heeds it.
  public var irqSuspendTimeout: UInt64?

  public init(queue: Int, napi: UInt32) {
    self.queue = queue
    self.napi = napi
  }
}
