import Glibc
import Linux

/// CPU seconds of all online CPUs together by class since boot (proc(5), /proc/stat), or between two such readings.
/// Unlike a process's own account it holds the softirq time in which packets are received.
public struct MachineUsage: Sendable, Equatable {
  /// Online CPUs.
  public var cpus: Int
  /// user + nice. The kernel counts the time of guests within both.
  public var user: Double
  public var system: Double
  public var irq: Double
  public var softirq: Double
  public var steal: Double
  /// idle + iowait.
  public var idle: Double
  /// True in a difference in which a counter stepped back or the number of CPUs changed (CPUs going off line, and
  /// iowait, which proc(5) calls unreliable): what stepped back counts as zero.
  public var isApproximate: Bool

  public init(
    cpus: Int, user: Double, system: Double, irq: Double, softirq: Double, steal: Double, idle: Double,
    isApproximate: Bool = false
  ) {
    self.cpus = cpus
    self.user = user
    self.system = system
    self.irq = irq
    self.softirq = softirq
    self.steal = steal
    self.idle = idle
    self.isApproximate = isApproximate
  }

  /// The machine's counters as they stand.
  public static func now() throws(MeteringError) -> MachineUsage {
    try read(path: "/proc/stat", ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
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

  /// What was used after `earlier`.
  public func since(_ earlier: MachineUsage) -> MachineUsage {
    var steppedBack = cpus != earlier.cpus
    func spent(_ counter: KeyPath<MachineUsage, Double>) -> Double {
      let difference = self[keyPath: counter] - earlier[keyPath: counter]
      if difference < 0 { steppedBack = true }
      return max(0, difference)
    }
    var difference = MachineUsage(
      cpus: cpus, user: spent(\.user), system: spent(\.system), irq: spent(\.irq), softirq: spent(\.softirq),
      steal: spent(\.steal), idle: spent(\.idle))
    difference.isApproximate = steppedBack
    return difference
  }
}
