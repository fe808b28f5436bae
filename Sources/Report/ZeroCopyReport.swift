/// What the zero-copy queues of a run were made of and what they counted (`zc` and `zc-copy`, docs/zero-copy.md).
public struct ZeroCopyReport: Sendable, Equatable {
  public var queues: [ZeroCopyQueueReport] = []
  /// What kernel and driver tell about the interface's queues; nil without a device, and before the end.
  public var arrival: ArrivalReport?
  /// How the kernel's copies were counted; nil where that was not tried, or need not be.
  public var tracing: TracingReport?
  /// Why less than expected arrived without a copy, worked out from what was measured, most likely first; empty when
  /// there is nothing to explain.
  public var likelyCauses: [String] = []

  public init() {}
}

/// How the kernel's copies were counted by a probe at io_zcrx_copy_chunk (docs/zero-copy.md).
public struct TracingReport: Sendable, Equatable {
  /// `fexit`, `kprobe-multi`, `perf-kprobe` or `perf-hits`; nil where none could be attached.
  public var method: String?
  /// Whether the run's figures are what it counted.
  public var isExact: Bool
  /// Why they are not.
  public var problem: String?
  /// Why no probe, or no better one, was attached.
  public var refusals: [String]

  public init(method: String?, isExact: Bool, problem: String?, refusals: [String]) {
    self.method = method
    self.isExact = isExact
    self.problem = problem
    self.refusals = refusals
  }
}

/// One zero-copy queue: a ring, its thread, its memory. Counters are those of this run alone unless a comment says otherwise.
public struct ZeroCopyQueueReport: Sendable, Equatable {
  /// Index of its receive worker.
  public var worker: Int
  /// The interface's receive queue; nil without a device (`zc-copy`).
  public var queue: Int?
  /// What the queue was set up with, after the kernel's rounding.
  public var memory: ZeroCopyMemoryReport
  /// What it was asked for and did not get, each with the reason.
  public var refusedOptions: [String] = []

  /// Completions that brought bytes.
  public var completions: UInt64 = 0
  /// Bytes per completion.
  public var completionSizes: DistributionReport?
  /// Bytes that arrived through completions, a control connection's included.
  public var completedBytes: UInt64 = 0
  /// Of them, bytes whose completions prove that they were not copied.
  public var provenBytes: UInt64 = 0
  /// The kernel's own count of bytes it copied out of fragments (Linux 7.2); nil where it does not count.
  public var kernelCopiedBytes: UInt64?
  /// Bytes the kernel copied, as a probe counted them; nil where none did.
  public var tracedCopiedBytes: UInt64?
  /// The kernel's count of fragments it copied from; nil where it does not count.
  public var kernelCopies: UInt64?
  /// Bytes taken with recv() because RECV_ZC could not deliver them or the flow was on no queue of ours.
  public var drainedBytes: UInt64 = 0
  /// Most buffers that waited in the refill ring for the kernel at one time, since the server started.
  public var refillHighWater: UInt64 = 0
  /// Most buffers that waited outside of it because it was full, since the server started.
  public var backlogHighWater: UInt64 = 0
  /// Times the kernel was asked to take the refill ring in.
  public var flushes: UInt64 = 0
  /// Times receiving was armed again, by what had ended it.
  public var rearms = ZeroCopyRearms()
  /// Times a flow had data and nothing came, and cancelling and arming again cured it.
  public var stallsCured: UInt64 = 0
  /// Times the kernel held completions back because the completion queue was full.
  public var completionOverflows: UInt64 = 0
  /// The kernel's events (Linux 7.2); nil where there are none. Each is told at most once between two looks.
  public var allocationFailures: UInt64?
  public var copyEvents: UInt64?

  public init(worker: Int, queue: Int?, memory: ZeroCopyMemoryReport) {
    self.worker = worker
    self.queue = queue
    self.memory = memory
  }
}

/// Sizes of a zero-copy queue as the kernel accepted them.
public struct ZeroCopyMemoryReport: Sendable, Equatable {
  public enum Area: String, Sendable, CaseIterable {
    case pages
    case hugePages = "huge_pages"
    /// A dma-buf, into which the kernel cannot copy.
    case dmabuf
  }

  public var area: Area
  public var areaBytes: UInt64
  /// Bytes of one buffer.
  public var bufferBytes: UInt64
  public var refillEntries: UInt64
  public var completionEntries: UInt64

  public init(area: Area, areaBytes: UInt64, bufferBytes: UInt64, refillEntries: UInt64, completionEntries: UInt64) {
    self.area = area
    self.areaBytes = areaBytes
    self.bufferBytes = bufferBytes
    self.refillEntries = refillEntries
    self.completionEntries = completionEntries
  }
}

/// Why RECV_ZC ended although the flow went on.
public struct ZeroCopyRearms: Sendable, Equatable {
  /// No room for a completion (ENOSPC).
  public var completionQueueFull: UInt64 = 0
  /// No buffer for a byte that had to be copied (ENOMEM).
  public var noBuffer: UInt64 = 0
  /// The data lay in the memory of another ring (EFAULT).
  public var otherRing: UInt64 = 0
  /// Cancelled by the watchdog.
  public var watchdog: UInt64 = 0
  /// Anything else that did not end the flow.
  public var other: UInt64 = 0

  public init() {}

  public var total: UInt64 { completionQueueFull &+ noBuffer &+ otherRing &+ watchdog &+ other }
}

/// Where a flow arrived.
public struct PlacementReport: Sendable, Equatable {
  /// SO_INCOMING_NAPI_ID (socket(7)): the NAPI its last packet came through; 0 where the device has none.
  public var napi: UInt32
  /// The receive queue of that NAPI; nil where it is not known.
  public var queue: Int?
  /// Whether that queue is one of this run's zero-copy queues.
  public var isOurs: Bool

  public init(napi: UInt32, queue: Int?, isOurs: Bool) {
    self.napi = napi
    self.queue = queue
    self.isOurs = isOurs
  }
}
