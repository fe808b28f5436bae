/// How fast a CPU of the run was when its seconds began to count and when they ended. What is not known is nil.
public struct CPUClockReport: Sendable, Equatable {
  /// kHz (cpufreq). Of a CPU that was idle at that moment it says little.
  public var kilohertzAtBegin: UInt32?
  public var kilohertzAtEnd: UInt32?
  /// The frequency governor.
  public var governorAtBegin: String?
  public var governorAtEnd: String?
  /// Times the core or its package got too hot meanwhile; nil where the kernel does not count.
  public var throttles: UInt64?

  public init() {}
}
