import Linux
import Metering
import Report

/// Processor time between a begin and an end.
struct ProcessorMeter {
  /// /proc/stat counts in ticks of 10 ms per class and CPU: over less than this they say nothing, seconds.
  private static let shortestForMachine = 0.5
  private var startedAt: MonotonicTime
  private var process: ProcessUsage
  private var machine: MachineUsage?

  /// Begins now.
  init() {
    startedAt = .now()
    process = .now()
    machine = try? .now()
  }

  /// The time since the begin.
  func use() -> ProcessorUse {
    let now = ProcessUsage.now().since(process)
    var use = ProcessorUse(
      wallSeconds: MonotonicTime.now().seconds(since: startedAt), user: now.user, system: now.system)
    if use.wallSeconds >= ProcessorMeter.shortestForMachine, let machine,
      let spent = try? MachineUsage.now().since(machine)
    {
      use.machine = MachineUse(
        cpus: spent.cpus, user: spent.user, system: spent.system, irq: spent.irq, softirq: spent.softirq,
        steal: spent.steal, idle: spent.idle)
    }
    return use
  }
}
