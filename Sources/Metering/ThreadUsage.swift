import CLinux
import Linux

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
  /// Page faults that needed no disk, and those that did.
  public var minorFaults: UInt64 = 0
  public var majorFaults: UInt64 = 0
  /// When it was read, seconds of the monotonic clock; in a difference the seconds that passed.
  public var elapsed: Double = 0
  /// The CPU the thread ran on when it was read (getcpu(2)); nil where nothing was read.
  public var cpu: Int?

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
    var usage = ThreadUsage(
      user: Double(raw.user_microseconds) / 1e6, system: Double(raw.system_microseconds) / 1e6,
      voluntarySwitches: raw.voluntary_switches, involuntarySwitches: raw.involuntary_switches)
    usage.minorFaults = raw.minor_faults
    usage.majorFaults = raw.major_faults
    usage.elapsed = Double(MonotonicTime.now().nanoseconds) / 1e9
    usage.cpu = raw.cpu >= 0 ? Int(raw.cpu) : nil
    return usage
  }

  /// What was used after `earlier`, a reading of the same thread.
  public func since(_ earlier: ThreadUsage) -> ThreadUsage {
    var difference = ThreadUsage(
      user: max(0, user - earlier.user), system: max(0, system - earlier.system),
      voluntarySwitches: voluntarySwitches.subtractingOrZero(earlier.voluntarySwitches),
      involuntarySwitches: involuntarySwitches.subtractingOrZero(earlier.involuntarySwitches))
    difference.minorFaults = minorFaults.subtractingOrZero(earlier.minorFaults)
    difference.majorFaults = majorFaults.subtractingOrZero(earlier.majorFaults)
    difference.elapsed = max(0, elapsed - earlier.elapsed)
    difference.cpu = cpu
    return difference
  }
}

extension UInt64 {
  fileprivate func subtractingOrZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
