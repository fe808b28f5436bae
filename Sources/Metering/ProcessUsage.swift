import CLinux

/// CPU use of this process, all threads, ended ones included (getrusage(2), RUSAGE_SELF), or between two such readings.
public struct ProcessUsage: Sendable, Equatable {
  /// Seconds.
  public var user: Double
  /// Seconds.
  public var system: Double

  public init(user: Double = 0, system: Double = 0) {
    self.user = user
    self.system = system
  }

  /// getrusage(2) can only refuse arguments, and these are constant.
  public static func now() -> ProcessUsage {
    var raw = CLinux.zb_thread_usage()
    _ = zb_process_usage(&raw)
    return ProcessUsage(
      user: Double(raw.user_microseconds) / 1e6, system: Double(raw.system_microseconds) / 1e6)
  }

  /// What was used after `earlier`. The kernel scales user and system to their exact sum, so that either alone may step
  /// back a little between two readings; that counts as nothing used.
  public func since(_ earlier: ProcessUsage) -> ProcessUsage {
    ProcessUsage(user: max(0, user - earlier.user), system: max(0, system - earlier.system))
  }
}
