import CKernelABI
import CLinux
import Linux
import SystemPackage

/// An io_uring: submissions go to the kernel, completions come back, both through shared memory. It belongs to the thread
/// that created it; with `RingOptions.singleIssuer` the kernel refuses every other with EEXIST.
public struct Ring: ~Copyable {
  private var shared: zb_ring
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
    zb_store_release(shared.sq_tail, preparedTail)
    let pending = preparedTail &- zb_load_acquire(shared.sq_head)
    let result = zb_ring_enter(shared.fd, pending, completions, timeoutNanoseconds.map { max(0, $0) } ?? -1)
    guard result >= 0 else {
      throw SystemCallError(
        attempt: "submit to the io_uring", call: "io_uring_enter", errno: Errno(rawValue: -result),
        advice: result == -Errno.fileExists.rawValue ? "a ring may be used only by the thread that created it" : nil)
    }
    return UInt32(result)
  }

  /// Takes the completions that are there, in the order they came, and gives their slots back to the kernel.
  /// - Returns: how many there were.
  @discardableResult
  public mutating func takeCompletions(_ body: (Completion) -> Void) -> Int {
    let wide = shared.flags & ZB_IORING_SETUP_CQE32 != 0
    let mask = shared.cq_mask
    let first = zb_load_acquire(shared.cq_head)
    let tail = zb_load_acquire(shared.cq_tail)
    var head = first
    while head != tail {
      let slot = Int(head & mask)
      body(wide ? Completion(wide: shared.cqes + 2 * slot) : Completion(shared.cqes[slot]))
      head &+= 1
    }
    zb_store_release(shared.cq_head, head)
    return Int(head &- first)
  }
}
