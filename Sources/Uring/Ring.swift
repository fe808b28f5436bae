import CKernelABI
import CLinux
import Glibc
import Linux
import SystemPackage

/// An io_uring: submissions go to the kernel, completions come back, both through shared memory. It belongs to the thread
/// that created it; with `RingOptions.singleIssuer` the kernel refuses every other with EEXIST.
public struct Ring: ~Copyable {
  @usableFromInline var shared: zb_ring
  @usableFromInline let format: CompletionBatch.Format
  /// Tail of the submissions prepared here; the kernel sees them when `submit` publishes it.
  private var preparedTail: UInt32

  /// Creates a ring for the calling thread.
  /// - Parameters:
  ///   - entries: submissions that can be prepared at once, 1…32768; rounded up to a power of two.
  ///   - completionEntries: completions the ring holds, up to 65536; nil for twice the submissions.
  /// - Throws: EPERM or ENOSYS where io_uring is forbidden or absent, EINVAL for options the kernel does not know, ENOMEM.
  public init(
    entries: UInt32, completionEntries: UInt32? = nil, options: RingOptions
  ) throws(SystemCallError) {
    var shared = zb_ring()
    let flags = options.rawValue | (completionEntries == nil ? 0 : ZB_IORING_SETUP_CQSIZE)
    let result = zb_ring_create(entries, completionEntries ?? 0, flags, &shared)
    guard result == 0 else {
      let errno = Errno(rawValue: -result)
      throw SystemCallError(
        attempt: "create an io_uring", call: "io_uring_setup", errno: errno,
        advice: RingRefusal.advice(for: errno, disabledSetting: RingRefusal.disabledSetting()))
    }
    self.shared = shared
    format = CompletionBatch.Format(setupFlags: shared.flags)
    preparedTail = zb_load_acquire(shared.sq_tail)
  }

  deinit {
    var shared = shared
    zb_ring_destroy(&shared)
  }

  /// The ring's file descriptor, close-on-exec.
  public var descriptor: Int32 { shared.fd }
  /// IORING_FEAT_* of the kernel.
  public var features: UInt32 { shared.features }
  /// Receives can fill several buffers at once (IORING_FEAT_RECVSEND_BUNDLE, Linux 6.10).
  public var offersBundles: Bool { shared.features & ZB_IORING_FEAT_RECVSEND_BUNDLE != 0 }
  /// Submissions that can be prepared at once.
  public var submissionCapacity: UInt32 { shared.sq_entries }
  /// Completions the ring holds.
  public var completionCapacity: UInt32 { shared.cq_entries }

  /// Prepares one submission, which `submit` hands to the kernel.
  /// - Parameter fill: is given a submission of zeros.
  /// - Returns: false, without calling `fill`, when the ring is full of submissions the kernel has not taken.
  public mutating func prepare(_ fill: (inout zb_sqe) -> Void) -> Bool {
    guard preparedTail &- zb_load_acquire(shared.sq_head) < shared.sq_entries else { return false }
    let slot = Int(preparedTail & shared.sq_mask)
    var submission = zb_sqe()
    fill(&submission)
    shared.sqes[slot] = submission
    shared.sq_array[slot] = UInt32(slot)
    preparedTail &+= 1
    return true
  }

  /// Hands the prepared submissions to the kernel and waits for completions.
  /// - Parameters:
  ///   - completions: how many to wait for; 0 does not wait.
  ///   - timeoutNanoseconds: how long to wait at most; nil for as long as it takes.
  /// - Returns: how many submissions the kernel took.
  /// - Throws: ETIME when the time is up, EINTR when a signal came, EBUSY or EAGAIN when completions must be taken first.
  @discardableResult
  public mutating func submit(
    waitingFor completions: UInt32 = 0, timeoutNanoseconds: Int64? = nil
  ) throws(SystemCallError) -> UInt32 {
    let result = publishAndEnter(completions, timeoutNanoseconds, 0)
    guard result >= 0 else { throw Ring.refusal(result) }
    return UInt32(result)
  }

  /// What ended a wait.
  public enum WaitEnd: Sendable, Equatable {
    /// Enough completions are there, or the kernel took submissions and did not wait to the end.
    case completed
    /// The time was up (ETIME).
    case timedOut
    /// A signal came (EINTR).
    case interrupted
    /// The kernel has completions it found no room for, and takes submissions only when there is (EBUSY, EAGAIN).
    case completionsPending
  }

  /// Does what `submit` does, for loops in which the end of a wait is nothing out of the ordinary.
  /// - Parameters:
  ///   - completions: how many to wait for; 0 does not wait.
  ///   - timeoutNanoseconds: how long to wait at most; nil for as long as it takes.
  ///   - minimumWaitMicroseconds: after this time one completion is enough; 0 for no such limit. Ignored by kernels
  ///     before 6.12 (IORING_FEAT_MIN_TIMEOUT).
  /// - Throws: every refusal that `WaitEnd` does not name.
  public mutating func enter(
    waitingFor completions: UInt32, timeoutNanoseconds: Int64?, minimumWaitMicroseconds: UInt32 = 0
  ) throws(SystemCallError) -> WaitEnd {
    let minimum = shared.features & ZB_IORING_FEAT_MIN_TIMEOUT == 0 ? 0 : minimumWaitMicroseconds
    let result = publishAndEnter(completions, timeoutNanoseconds, minimum)
    if result >= 0 { return .completed }
    switch Errno(rawValue: -result) {
    case Errno(rawValue: ETIME): return .timedOut
    case .interrupted: return .interrupted
    case .resourceBusy, .resourceTemporarilyUnavailable: return .completionsPending
    default: throw Ring.refusal(result)
    }
  }

  private mutating func publishAndEnter(
    _ completions: UInt32, _ timeoutNanoseconds: Int64?, _ minimumWaitMicroseconds: UInt32
  ) -> Int32 {
    zb_store_release(shared.sq_tail, preparedTail)
    let pending = preparedTail &- zb_load_acquire(shared.sq_head)
    let timeout = timeoutNanoseconds.map { max(0, $0) } ?? -1
    return zb_ring_enter(shared.fd, pending, completions, timeout, minimumWaitMicroseconds)
  }

  private static func refusal(_ result: Int32) -> SystemCallError {
    SystemCallError(
      attempt: "submit to the io_uring", call: "io_uring_enter", errno: Errno(rawValue: -result),
      advice: result == -Errno.fileExists.rawValue ? "a ring may be used only by the thread that created it" : nil)
  }

  /// Whether the kernel holds completions back because the ring was full (IORING_SQ_CQ_OVERFLOW). They come with the next
  /// `submit` or `enter` that finds room.
  @inlinable
  public var hasOverflow: Bool { zb_load_acquire(shared.sq_flags) & ZB_IORING_SQ_CQ_OVERFLOW != 0 }

  /// The completions that are there now, to be walked through and then given back with `release`. The batch points into
  /// the ring's memory: it is void once the ring is gone or the batch has been released.
  @inlinable @inline(__always)
  public func completions() -> CompletionBatch {
    CompletionBatch(
      entries: UnsafePointer(shared.cqes), mask: shared.cq_mask, format: format, head: zb_load_acquire(shared.cq_head),
      tail: zb_load_acquire(shared.cq_tail))
  }

  /// Gives the slots of the completions taken from `batch` back to the kernel; the rest is in the next batch again.
  @inlinable
  public mutating func release(_ batch: CompletionBatch) {
    zb_store_release(shared.cq_head, batch.head)
  }

  /// Takes the completions that are there, in the order they came, and gives their slots back to the kernel.
  /// - Returns: how many there were.
  @discardableResult
  public mutating func takeCompletions(_ body: (Completion) -> Void) -> Int {
    var batch = completions()
    var count = 0
    while let completion = batch.next() {
      body(completion)
      count += 1
    }
    release(batch)
    return count
  }
}
