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

  /// What was used from the begin to one moment.
  struct Reading {
    var use: ProcessorUse
    /// Of each CPU by its number; empty where it is not known.
    var byCPU: [Int: CPUTimeReport] = [:]
  }

  /// Begins now.
  init() {
    startedAt = .now()
    process = .now()
    machine = try? .now()
  }

  /// The time since the begin.
  func read() -> Reading {
    let now = ProcessUsage.now().since(process)
    var reading = Reading(
      use: ProcessorUse(wallSeconds: MonotonicTime.now().seconds(since: startedAt), user: now.user, system: now.system))
    if reading.use.wallSeconds >= ProcessorMeter.shortestForMachine, let machine,
      let spent = try? MachineUsage.now().since(machine)
    {
      reading.use.machine = MachineUse(cpus: spent.cpus, spent.all)
      reading.byCPU = spent.byCPU.mapValues(CPUTimeReport.init)
    }
    return reading
  }
}

extension MachineUse {
  init(cpus: Int, _ time: ProcessorTime) {
    self.init(
      cpus: cpus, user: time.user, system: time.system, irq: time.irq, softirq: time.softirq, steal: time.steal,
      idle: time.idle)
    ioWait = time.ioWait
    guest = time.guest
  }
}

extension CPUTimeReport {
  init(_ time: ProcessorTime) {
    self.init(
      user: time.user, system: time.system, irq: time.irq, softirq: time.softirq, steal: time.steal, idle: time.idle,
      ioWait: time.ioWait, guest: time.guest)
  }
}
