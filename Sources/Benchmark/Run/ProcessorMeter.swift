import Linux
import Metering
import Report

/// Processor time between a begin and an end.
struct ProcessorMeter {
  /// /proc/stat counts in ticks of 10 ms per class and CPU: over less than this they say nothing, seconds.
  private static let shortestForMachine = 0.5
  private var startedAt: MonotonicTime
  private var process: ProcessUsage
  private var machine: Result<MachineUsage, MeteringError>
  private var quota: CPUQuota

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
    machine = Self.usage()
    quota = .read()
  }

  private static func usage() -> Result<MachineUsage, MeteringError> {
    do throws(MeteringError) {
      return .success(try .now())
    } catch {
      return .failure(error)
    }
  }

  /// The time since the begin.
  func read() -> Reading {
    let now = ProcessUsage.now().since(process)
    var reading = Reading(
      use: ProcessorUse(wallSeconds: MonotonicTime.now().seconds(since: startedAt), user: now.user, system: now.system))
    if let (group, throttling) = CPUQuota.read().worst(since: quota) {
      reading.use.throttling = CPUThrottlingReport(
        cgroup: group, periods: throttling.periods, seconds: throttling.seconds)
    }
    guard reading.use.wallSeconds >= ProcessorMeter.shortestForMachine else { return reading }
    do throws(MeteringError) {
      let spent = try MachineUsage.now().used(since: machine.get(), seconds: reading.use.wallSeconds)
      reading.use.machine = MachineUse(cpus: spent.cpus, spent.all)
      reading.byCPU = spent.byCPU.mapValues(CPUTimeReport.init)
    } catch {
      reading.use.machineUnknown = error.description
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
