/// Processor time of the run, seconds of CPU time unless a name says percent.
///
/// Taken over the seconds that count (those omitted at the start excluded), so that it may be divided by the bytes of
/// `RunReport.sent` and `received`.
public struct ProcessorUse: Sendable, Equatable {
  /// Wall time over which the figures were taken, seconds.
  public var wallSeconds: Double
  /// This process, all threads (getrusage).
  public var user: Double
  public var system: Double
  /// The whole machine from /proc/stat, softirq included, which no process is charged for; nil when it was not readable.
  public var machine: MachineUse?
  /// Why the machine's time is not known, in words; nil where it is, and for runs that were too short for it.
  public var machineUnknown: String?
  /// How long a quota of CPU time held this side's process back; nil where none did, or none is counted.
  public var throttling: CPUThrottlingReport?
  /// The other side's own figures, in percent of one CPU (iperf3's `cpu_util_*`); nil when they never arrived.
  public var peer: PeerUtilization?

  public init(wallSeconds: Double, user: Double, system: Double) {
    self.wallSeconds = wallSeconds
    self.user = user
    self.system = system
  }

  /// Percent of one CPU.
  public var totalPercent: Double { wallSeconds > 0 ? (user + system) / wallSeconds * 100 : 0 }
  public var userPercent: Double { wallSeconds > 0 ? user / wallSeconds * 100 : 0 }
  public var systemPercent: Double { wallSeconds > 0 ? system / wallSeconds * 100 : 0 }
}

/// CPU seconds of all online CPUs together by class (proc(5), /proc/stat); iowait is idle time.
public struct MachineUse: Sendable, Equatable {
  public var cpus: Int
  /// user + nice, guest time included as the kernel does.
  public var user: Double
  public var system: Double
  public var irq: Double
  public var softirq: Double
  public var steal: Double
  /// idle + iowait.
  public var idle: Double
  /// Of `idle`, the part the kernel calls iowait; nil in reports that do not tell it apart.
  public var ioWait: Double?
  /// Of `user`, what virtual machines on this one used; nil where the kernel does not tell.
  public var guest: Double?

  public init(cpus: Int, user: Double, system: Double, irq: Double, softirq: Double, steal: Double, idle: Double) {
    self.cpus = cpus
    self.user = user
    self.system = system
    self.irq = irq
    self.softirq = softirq
    self.steal = steal
    self.idle = idle
  }
}

/// What a cgroup's quota of CPU time kept from this side's process (cpu.stat).
public struct CPUThrottlingReport: Sendable, Equatable {
  /// The group with the quota, below the mount point.
  public var cgroup: String
  /// Periods in which it had used up its quota.
  public var periods: UInt64
  /// Time for which its tasks were kept from running, summed over CPUs, seconds.
  public var seconds: Double

  public init(cgroup: String, periods: UInt64, seconds: Double) {
    self.cgroup = cgroup
    self.periods = periods
    self.seconds = seconds
  }
}

public struct PeerUtilization: Sendable, Equatable {
  public var totalPercent: Double
  public var userPercent: Double
  public var systemPercent: Double

  public init(totalPercent: Double, userPercent: Double, systemPercent: Double) {
    self.totalPercent = totalPercent
    self.userPercent = userPercent
    self.systemPercent = systemPercent
  }
}

/// One receive worker or send thread (getrusage RUSAGE_THREAD).
public struct WorkerReport: Sendable, Equatable {
  public var index: Int
  /// The CPU it was pinned to; nil when it was not pinned.
  public var cpu: Int?
  /// Stream ids it served.
  public var streams: [Int]
  public var user: Double
  public var system: Double
  public var voluntarySwitches: UInt64
  public var involuntarySwitches: UInt64
  /// recv or send calls, including those that found nothing to do.
  public var calls: UInt64
  /// Page faults that needed no disk, and those that did; nil in reports that do not tell.
  public var minorFaults: UInt64?
  public var majorFaults: UInt64?
  /// Seconds from the worker's begin to its end, over which its times were taken.
  public var elapsed: Double?
  /// The CPU it ran on at its end.
  public var lastCPU: Int?

  public init(
    index: Int, cpu: Int?, streams: [Int], user: Double, system: Double, voluntarySwitches: UInt64,
    involuntarySwitches: UInt64, calls: UInt64
  ) {
    self.index = index
    self.cpu = cpu
    self.streams = streams
    self.user = user
    self.system = system
    self.voluntarySwitches = voluntarySwitches
    self.involuntarySwitches = involuntarySwitches
    self.calls = calls
  }
}
