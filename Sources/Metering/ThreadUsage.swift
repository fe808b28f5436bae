import CLinux

/// CPU use of one thread since it began (getrusage(2), RUSAGE_THREAD), or between two such readings.
public struct ThreadUsage: Sendable, Equatable {
  /// Seconds.
  public var user: Double
  /// Seconds.
  public var system: Double
  /// Times the thread gave up its CPU to wait.
  public var voluntarySwitches: UInt64
  /// Times the scheduler took its CPU away.
  public var involuntarySwitches: UInt64

  public init(
    user: Double = 0, system: Double = 0, voluntarySwitches: UInt64 = 0, involuntarySwitches: UInt64 = 0
  ) {
    self.user = user
    self.system = system
    self.voluntarySwitches = voluntarySwitches
    self.involuntarySwitches = involuntarySwitches
  }

  /// The calling thread's. getrusage(2) can only refuse arguments, and these are constant.
  public static func now() -> ThreadUsage {
    var raw = zb_thread_usage()
    zb_thread_usage(&raw)
    return ThreadUsage(
      user: Double(raw.user_microseconds) / 1e6, system: Double(raw.system_microseconds) / 1e6,
      voluntarySwitches: raw.voluntary_switches, involuntarySwitches: raw.involuntary_switches)
  }

  /// What was used after `earlier`, a reading of the same thread.
  public func since(_ earlier: ThreadUsage) -> ThreadUsage {
    ThreadUsage(
      user: max(0, user - earlier.user), system: max(0, system - earlier.system),
      voluntarySwitches: voluntarySwitches.subtractingOrZero(earlier.voluntarySwitches),
      involuntarySwitches: involuntarySwitches.subtractingOrZero(earlier.involuntarySwitches))
  }
}

extension UInt64 {
  fileprivate func subtractingOrZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
