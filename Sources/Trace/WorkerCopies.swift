import CLinux
import Glibc
import Linux
import SystemPackage

/// What the kernel copied in one thread, by request where the probe can tell them apart. Made on the thread that submits
/// the requests, before the first of them; may be read from any thread.
///
/// The kernel copies only inside of that thread's own io_uring_enter(2), because zero-copy receive demands
/// IORING_SETUP_DEFER_TASKRUN: once the completions of a call have been taken, count and completions agree.
public struct WorkerCopies: Sendable {
  private let probe: CopyProbe
  private let task: CopiesByThread.Key
  private let hits: ReturnProbe?

  /// Begins to count in the calling thread.
  /// - Throws: EPERM and the like, E2BIG where the probe has no room for another thread.
  public init(_ probe: CopyProbe) throws(SystemCallError) {
    self.probe = probe
    task = CopiesByThread.Key(thread: UInt32(zb_thread_id()), process: UInt32(getpid()))
    hits = probe.method == .hits ? try ReturnProbe(symbol: probe.symbol, thread: 0) : nil
    try probe.threads?.set(task, to: 0)
  }

  public var method: CopyProbe.Method { probe.method }

  /// Begins to count a request anew, which the kernel knows by its user_data. Nothing where only threads are counted.
  public func begin(_ userData: UInt64) throws(SystemCallError) {
    try probe.requests?.set(key(userData), to: 0)
  }

  /// Ends it.
  public func end(_ userData: UInt64) { probe.requests?.remove(key(userData)) }

  /// Bytes copied for a request since `begin`; nil where only threads are counted.
  public func bytes(of userData: UInt64) throws(SystemCallError) -> UInt64? {
    try probe.requests?.value(of: key(userData))
  }

  /// Bytes copied in the thread; nil where requests are counted, or only hits.
  public func bytes() throws(SystemCallError) -> UInt64? { try probe.threads?.value(of: task) }

  /// How often something was copied in the thread; nil where bytes are counted.
  public func hitCount() throws(SystemCallError) -> UInt64? { try hits?.hits() }

  private func key(_ userData: UInt64) -> CopiesByRequest.Key {
    CopiesByRequest.Key(userData: userData, task: task)
  }
}
