/// What moving the bytes cost, from seconds of CPU time and bytes: the same figure in the units people compare in.
public struct ProcessorCost: Sendable, Equatable {
  /// CPU seconds for each GiB (2^30 bytes).
  public let secondsPerGibibyte: Double
  /// CPU microseconds for each MiB (2^20 bytes).
  public var microsecondsPerMebibyte: Double { secondsPerGibibyte * 1e6 / 1024 }
  /// 10^9 bits that one second of CPU time moved: Gb/s for each CPU that is busy all the time.
  public let gigabitsPerBusyCPU: Double

  /// Nil where nothing was moved, or no time was counted.
  public init?(seconds: Double, bytes: UInt64) {
    guard seconds > 0, bytes > 0 else { return nil }
    secondsPerGibibyte = seconds / (Double(bytes) / 1_073_741_824)
    gigabitsPerBusyCPU = Double(bytes) * 8 / 1e9 / seconds
  }
}

extension RunReport {
  /// The kernel splits user and system time by ticks of up to 10 ms: over less than this the figures are noise,
  /// seconds.
  static let shortestForProcessor = 0.05

  /// This side's own account: what the other side moved did not cost this processor anything.
  private var ownTransfer: Transfer? { role == .client ? sent : received }

  /// Of this process alone; nil where it is not known.
  public var processCost: ProcessorCost? {
    guard let bytes = ownTransfer?.bytes, processor.wallSeconds >= Self.shortestForProcessor else { return nil }
    return ProcessorCost(seconds: processor.user + processor.system, bytes: bytes)
  }

  /// Of the whole machine, softirq included and every other program too; nil where it is not known.
  public var machineCost: ProcessorCost? {
    guard let bytes = ownTransfer?.bytes, let machine = processor.machine else { return nil }
    return ProcessorCost(seconds: machine.user + machine.system + machine.irq + machine.softirq, bytes: bytes)
  }
}
