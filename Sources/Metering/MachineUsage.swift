import Glibc
import Linux

/// CPU time of the whole machine and of each online CPU since boot (/proc/stat), or between two such readings. Unlike a
/// process's own account it holds the softirq time in which packets are received.
public struct MachineUsage: Sendable, Equatable {
  /// All CPUs together.
  public var all: ProcessorTime
  /// Each online CPU by its number.
  public var byCPU: [Int: ProcessorTime]
  /// True in a difference in which a counter stepped back or CPUs came or went: what stepped back counts as zero.
  public var isApproximate: Bool

  static let path = "/proc/stat"

  /// Online CPUs.
  public var cpus: Int { byCPU.count }

  public init(all: ProcessorTime, byCPU: [Int: ProcessorTime], isApproximate: Bool = false) {
    self.all = all
    self.byCPU = byCPU
    self.isApproximate = isApproximate
  }

  /// The machine's counters as they stand.
  public static func now() throws(MeteringError) -> MachineUsage {
    try read(path: path, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
  }

  static func read(path: String, ticksPerSecond: Int) throws(MeteringError) -> MachineUsage {
    // The CPUs' lines come first, some 100 bytes each: enough for 10,000 CPUs.
    let text: String
    do throws(SystemCallError) {
      text = try TextFile.read(path, limit: 1 << 20)
    } catch {
      throw .system(error)
    }
    return try MachineUsage(procStat: text, path: path, ticksPerSecond: ticksPerSecond)
  }

  /// What was used after `earlier`. A CPU that was not there then is left out.
  public func since(_ earlier: MachineUsage) -> MachineUsage {
    let together = all.since(earlier.all)
    var difference = MachineUsage(
      all: together.time, byCPU: [:],
      isApproximate: together.steppedBack || Set(byCPU.keys) != Set(earlier.byCPU.keys))
    for (cpu, time) in byCPU {
      guard let before = earlier.byCPU[cpu] else { continue }
      let spent = time.since(before)
      difference.byCPU[cpu] = spent.time
      if spent.steppedBack { difference.isApproximate = true }
    }
    return difference
  }
}
