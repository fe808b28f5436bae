import CLinux
import Glibc
import Linux

/// What the kernel copied in one thread, and for each of its requests where the probe can tell them apart. Made on the thread
/// that submits the requests, before the first of them.
///
/// The kernel copies only inside of that thread's own io_uring_enter(2), because zero-copy receive demands
/// IORING_SETUP_DEFER_TASKRUN: once the completions of a call have been taken, count and completions agree.
public final class WorkerCopies: Sendable {
  public let probe: CopyProbe
  private let task: CopyPrograms.Task
  private let hits: ReturnProbe?
  /// Bytes copied in this thread since this was made: with `exit` for the requests that are counted, otherwise for all; nil
  /// where only hits are known.
  public let total: CopyCount?

  /// Begins to count in the calling thread.
  /// - Throws: EPERM and the like; E2BIG where the probe has no room for another thread.
  public init(_ probe: CopyProbe) throws(SystemCallError) {
    self.probe = probe
    task = CopyPrograms.Task(thread: UInt32(zb_thread_id()), process: UInt32(getpid()))
    hits = probe.method == .hits ? try ReturnProbe(symbol: probe.symbol, thread: 0) : nil
    total = probe.takeCount()
    guard probe.method != .exit, let total else { return }
    try probe.keys?.set(task, to: CopyPrograms.value(total, nil))
  }

  deinit {
    if probe.method != .exit { probe.keys?.remove(task) }
  }

  /// Whether requests are told apart.
  public var tellsRequests: Bool { probe.method == .exit }

  /// Begins to count a request, which the kernel knows by its user_data, into a counter of its own; does nothing where only
  /// threads are counted.
  ///
  /// - Parameter isInTotal: whether its bytes belong to `total` as well.
  /// - Throws: E2BIG where the probe has no room for another request.
  public func begin(_ userData: UInt64, in count: CopyCount?, isInTotal: Bool = true) throws(SystemCallError) {
    guard tellsRequests else { return }
    try probe.keys?.set(key(userData), to: CopyPrograms.value(count, isInTotal ? total : nil))
  }

  /// Ends it.
  public func end(_ userData: UInt64) {
    if tellsRequests { probe.keys?.remove(key(userData)) }
  }

  /// How often something was copied in this thread; nil where bytes are counted.
  public func hitCount() throws(SystemCallError) -> UInt64? { try hits?.hits() }

  private func key(_ userData: UInt64) -> CopyPrograms.Request {
    CopyPrograms.Request(userData: userData, task: task)
  }
}
