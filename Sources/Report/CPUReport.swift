/// One CPU that the run used: a worker of this side ran on it, or packets of the run were processed on it.
public struct CPUReport: Sendable, Equatable {
  public var cpu: Int
  /// Its NUMA node; nil where the kernel tells of none.
  public var numaNode: Int?
  /// Indices of the workers that ran on it: bound to it, or, not bound, seen on it at their end.
  public var workers: [Int] = []
  /// Why packets of the run are processed on it.
  public var softirq: [SoftirqSource] = []
  /// What it spent its time on while the run's seconds counted, every program's share included; nil where that is not
  /// known.
  public var time: CPUTimeReport?
  /// How fast it was at the begin and at the end; nil where the kernel tells nothing of that.
  public var clock: CPUClockReport?

  public init(cpu: Int) {
    self.cpu = cpu
  }
}

/// What tells that a CPU processes packets of the run in softirq.
public struct SoftirqSource: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The affinity of the queue's interrupt, which names this CPU alone.
    case interrupt
    /// SO_INCOMING_CPU (socket(7)) of the streams at their end: the CPU that received their last packet.
    case incomingCPU = "incoming_cpu"
  }

  public var kind: Kind
  /// The receive queue, of `interrupt`.
  public var queue: Int?
  /// The interrupt's number, of `interrupt`.
  public var interrupt: Int?
  /// Ids of the streams, of `incomingCPU`.
  public var streams: [Int] = []

  public init(_ kind: Kind) {
    self.kind = kind
  }
}

/// CPU seconds of one CPU by class (proc(5), /proc/stat).
public struct CPUTimeReport: Sendable, Equatable {
  /// user + nice, guest time included as the kernel does.
  public var user: Double
  public var system: Double
  public var irq: Double
  public var softirq: Double
  /// Taken by the hypervisor: neither busy nor idle.
  public var steal: Double
  /// idle + iowait.
  public var idle: Double
  /// Of `idle`, the part the kernel calls iowait.
  public var ioWait: Double
  /// Of `user`, what virtual machines on this one used; nil where the kernel does not tell.
  public var guest: Double?

  public init(
    user: Double, system: Double, irq: Double, softirq: Double, steal: Double, idle: Double, ioWait: Double,
    guest: Double?
  ) {
    self.user = user
    self.system = system
    self.irq = irq
    self.softirq = softirq
    self.steal = steal
    self.idle = idle
    self.ioWait = ioWait
    self.guest = guest
  }

  public var busy: Double { user + system + irq + softirq }
  /// All classes together.
  public var total: Double { busy + steal + idle }

  /// Percent of the CPU's time; nil where there is none to share.
  public func percent(of seconds: Double) -> Double? { total > 0 ? seconds / total * 100 : nil }
}
