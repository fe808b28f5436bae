/// What one side knows about what may have limited the run. Each side tells the other (docs/protocol.md).
public struct LoadEvidence: Sendable, Equatable {
  /// The CPU of the run with the largest share of busy and stolen time, one that is full of the run's own work first; nil
  /// where CPUs were not measured.
  public var busiestCPU: CPULoad?
  /// The worker with the largest share of CPU time over its life; nil where none lived long enough to tell.
  public var busiestWorker: WorkerLoad?
  /// Of a sender: of all connections together, percent of the time in which there was data to send that TCP waited for
  /// the peer's window, and for the send buffer; nil where it is not known.
  public var windowLimitedPercent: Double?
  public var bufferLimitedPercent: Double?
  /// Of a sender: segments retransmitted.
  public var retransmits: UInt64?
  /// Of a sender that was held to a rate: percent of that rate it reached.
  public var pacedPercent: Double?
  /// What the workers that are bound to a CPU used of it, so that on one machine each side knows what the other's work
  /// there was.
  public var bound: [BoundWork] = []
  /// The kernel's random number for this boot: where both sides have the same, they share one machine's CPUs.
  public var boot: String?

  public init() {}

  public struct CPULoad: Sendable, Equatable {
    public var cpu: Int
    /// user, system, irq and softirq, percent of the CPU's time.
    public var busyPercent: Double
    /// Percent of its time the hypervisor took.
    public var stolenPercent: Double
    /// Of busy, softirq alone.
    public var softirqPercent: Double
    /// Of busy, what others than the run are proven to have used; nil where that is not known.
    public var othersPercent: Double?

    public init(
      cpu: Int, busyPercent: Double, stolenPercent: Double, softirqPercent: Double, othersPercent: Double? = nil
    ) {
      self.cpu = cpu
      self.busyPercent = busyPercent
      self.stolenPercent = stolenPercent
      self.softirqPercent = softirqPercent
      self.othersPercent = othersPercent
    }

    /// Busy and stolen time.
    var takenPercent: Double { busyPercent + stolenPercent }

    /// The same without what others used, where that is more than what is always there.
    var ownPercent: Double {
      guard let othersPercent, othersPercent > DisturbanceLimits.load else { return takenPercent }
      return takenPercent - othersPercent
    }
  }

  public struct BoundWork: Sendable, Equatable {
    public var cpu: Int
    /// User and system time, seconds; of the seconds that count at least.
    public var seconds: Double

    public init(cpu: Int, seconds: Double) {
      self.cpu = cpu
      self.seconds = seconds
    }
  }

  public struct WorkerLoad: Sendable, Equatable {
    public var index: Int
    /// User and system time, percent of the time it lived.
    public var percent: Double

    public init(index: Int, percent: Double) {
      self.index = index
      self.percent = percent
    }
  }
}

extension RunReport {
  /// Workers count from their begin: what the omitted seconds may hold of their time is taken off.
  var boundWork: [LoadEvidence.BoundWork] {
    let bound = workers.filter { $0.cpu != nil }
    return Dictionary(grouping: bound) { $0.cpu ?? 0 }.sorted { $0.key < $1.key }.map { cpu, workers in
      LoadEvidence.BoundWork(
        cpu: cpu, seconds: workers.reduce(0) { $0 + max(0, $1.user + $1.system - Double(settings.omit)) })
    }.filter { $0.seconds > 0 }
  }
}

extension LoadEvidence {
  /// Worker times over less than this are noise, seconds.
  private static let shortestLife = 0.5

  private static func load(of cpu: CPUReport, _ own: OwnWork?, in report: RunReport) -> CPULoad? {
    guard let time = cpu.time, let busy = time.percent(of: time.busy), let stolen = time.percent(of: time.steal),
      let softirq = time.percent(of: time.softirq)
    else { return nil }
    return CPULoad(
      cpu: cpu.cpu, busyPercent: busy, stolenPercent: stolen, softirqPercent: softirq,
      othersPercent: own?.others(on: cpu.cpu, used: time.user + time.system, total: time.total, in: report))
  }

  /// This side's, of a report whose own figures are complete.
  public init(of report: RunReport) {
    let own = OwnWork(of: report)
    let loads = report.cpus.compactMap { Self.load(of: $0, own, in: report) }
    // A CPU that is full of the run's own work says more than one that is full of others'.
    let fullest = loads.max { $0.ownPercent < $1.ownPercent }
    if let fullest, fullest.ownPercent >= LimitingSide.full {
      busiestCPU = fullest
    } else {
      busiestCPU = loads.max { $0.takenPercent < $1.takenPercent }
    }
    busiestWorker = report.workers.compactMap { worker in
      worker.elapsed.flatMap { elapsed in
        elapsed >= Self.shortestLife
          ? WorkerLoad(index: worker.index, percent: (worker.user + worker.system) / elapsed * 100) : nil
      }
    }.max { $0.percent < $1.percent }
    bound = report.boundWork
    guard report.role == .client else { return }
    let sending = report.streams.compactMap { $0.tcp?.sending }
    let busy = sending.reduce(0) { $0 + Double($1.busy) }
    if busy > 0 {
      windowLimitedPercent = sending.reduce(0) { $0 + Double($1.windowLimited) } / busy * 100
      bufferLimitedPercent = sending.reduce(0) { $0 + Double($1.bufferLimited) } / busy * 100
    }
    retransmits = report.retransmits
    if report.settings.bandwidth > 0, let sent = report.sent, sent.seconds > 0 {
      pacedPercent =
        sent.bitsPerSecond / (Double(report.settings.bandwidth) * Double(max(1, report.streams.count))) * 100
    }
  }
}
