/// What others used of the run's CPUs: what /proc/stat says of a CPU, without softirq and interrupts, less what the run
/// itself can have used of it. Where that is not known, all of it counts as the run's.
extension DisturbanceReport {
  static func load(_ report: RunReport) -> Finding {
    let cpus = report.cpus.compactMap { cpu in
      cpu.time.map { (cpu: cpu.cpu, used: $0.user + $0.system, total: $0.total) }
    }.filter { $0.total > 0 }
    guard !cpus.isEmpty else {
      return .unknown(noTimes(report))
    }
    guard report.network?.queues.contains(where: { $0.thread != nil }) != true else {
      return .unknown("packets are processed in threads (threaded NAPI), whose time is counted like anybody's")
    }
    guard let own = OwnWork(of: report) else {
      return .unknown("the other side runs on this machine and does not tell its CPU time")
    }
    let limit = DisturbanceLimits.load
    let words = "(limit \(limit.text(decimals: 0)) %)"
    func percent(_ part: Double, of whole: Double) -> Double { max(0, part) / whole * 100 }
    let shares = cpus.map { (cpu: $0.cpu, percent: percent($0.used - own.atMost(on: $0.cpu), of: $0.total)) }
    let loaded = shares.filter { $0.percent > limit }
    if !loaded.isEmpty {
      return .judged(
        loaded.map {
          Sighting(cpu: $0.cpu, "others used \($0.percent.text(decimals: 1)) % of CPU \($0.cpu)'s time \(words)")
        })
    }
    let together = percent(
      cpus.reduce(0) { $0 + $1.used } - own.everywhere, of: cpus.reduce(0) { $0 + $1.total })
    guard together > limit else { return .judged([]) }
    let names = cpus.map { "\($0.cpu)" }.joined(separator: " ")
    return .judged([
      Sighting("others used \(together.text(decimals: 1)) % of the time of the CPUs \(names) together \(words)")
    ])
  }
}

/// CPU time of the run itself on this machine, seconds: this side's process, and the other's where it is here too.
struct OwnWork {
  private let processes: [(seconds: Double, bound: [LoadEvidence.BoundWork])]

  /// Nil where the other side is here and does not tell.
  init?(of report: RunReport) {
    let own = (report.processor.user + report.processor.system, report.boundWork)
    guard report.mayHavePeerHere else {
      processes = [own]
      return
    }
    guard let peer = report.processor.peer else { return nil }
    processes = [own, (peer.totalPercent / 100 * report.processor.wallSeconds, report.peerLoad?.bound ?? [])]
  }

  var everywhere: Double { processes.reduce(0) { $0 + $1.seconds } }

  /// Percent of a CPU's time that others are proven to have used; nil where its packets may be processed in threads, whose
  /// time is counted like anybody's.
  func others(on cpu: Int, used: Double, total: Double, in report: RunReport) -> Double? {
    guard total > 0, report.network?.queues.contains(where: { $0.thread != nil }) != true else { return nil }
    return max(0, used - atMost(on: cpu)) / total * 100
  }

  /// What is not proven to have run elsewhere may have run on `cpu`.
  func atMost(on cpu: Int) -> Double {
    processes.reduce(0) { sum, process in
      let here = process.bound.filter { $0.cpu == cpu }.reduce(0) { $0 + $1.seconds }
      let elsewhere = process.bound.filter { $0.cpu != cpu }.reduce(0) { $0 + $1.seconds }
      return sum + max(here, process.seconds - elsewhere)
    }
  }
}

extension RunReport {
  /// Whether the other side runs on this machine, or may, because the other end of a veth pair is always here.
  fileprivate var mayHavePeerHere: Bool {
    if isLoopback || environment.interface?.driver == "veth" { return true }
    guard let boot = load?.boot else { return false }
    return boot == peerLoad?.boot
  }
}
