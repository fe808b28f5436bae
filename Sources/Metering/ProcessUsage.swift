import Glibc

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
    var raw = rusage()
    getrusage(RUSAGE_SELF.rawValue, &raw)
    return ProcessUsage(user: seconds(raw.ru_utime), system: seconds(raw.ru_stime))
  }

  /// What was used after `earlier`. The kernel scales user and system to their exact sum, so that either alone may step
  /// back a little between two readings; that counts as nothing used.
  public func since(_ earlier: ProcessUsage) -> ProcessUsage {
    ProcessUsage(user: max(0, user - earlier.user), system: max(0, system - earlier.system))
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }
}
