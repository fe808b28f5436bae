import Linux
import Metering
import Report

/// Measures how fast this machine copies memory: with one thread, and with one on each CPU this process may use.
public struct CopyCalibration: Sendable {
  /// How much was copied at once.
  public let plan: CopyPlan
  public let repetitions: Int
  /// One thread, then all; only one where there is but one CPU.
  public let ceilings: [CopyCeiling]
  /// What counted the memory's traffic meanwhile; nil with `unavailable`.
  public let source: MemoryReport.Source?
  /// Why nothing did.
  public let unavailable: String?

  public static func run(_ plan: CopyPlan, repetitions: Int) throws(SystemCallError) -> CopyCalibration {
    try run(plan, repetitions: repetitions, MemoryBandwidthMeter.open())
  }

  static func run(
    _ plan: CopyPlan, repetitions: Int, _ choice: MemoryBandwidthMeter.Choice
  ) throws(SystemCallError) -> CopyCalibration {
    let cpus = try allowedCPUs()
    var meter: MemoryBandwidthMeter?
    var unavailable: String?
    switch choice {
    case .meter(let found): meter = found
    case .unavailable(let reason): unavailable = reason
    }
    var ceilings: [CopyCeiling] = []
    for set in cpus.count > 1 ? [Array(cpus.prefix(1)), cpus] : [cpus] {
      ceilings.append(
        try CopyCeiling.measure(
          cpus: set, blockSize: max(1, plan.size / set.count), repetitions: repetitions, meter: meter))
    }
    return CopyCalibration(
      plan: plan, repetitions: repetitions, ceilings: ceilings, source: meter.map { MemoryReport.Source($0.source) },
      unavailable: unavailable)
  }
}
