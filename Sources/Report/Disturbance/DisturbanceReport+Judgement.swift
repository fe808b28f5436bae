extension DisturbanceReport {
  /// What disturbed a run, from this side's own evidence in its report and nothing else. What the evidence does not tell
  /// is `unknown`, and never a sign that nothing was there.
  public init(of report: RunReport) {
    self.init()
    add(Self.steal(report), .steal, report.role)
    add(Self.frequency(report), .frequency, report.role)
    add(Self.throttle(report), .throttle, report.role)
    add(Self.sender(report), .sender, report.role)
    add(Self.traffic(report), .traffic, report.role)
    add(Self.load(report), .load, report.role)
    add(Self.pause(report), .pause, report.role)
  }

  /// What one kind of evidence says.
  enum Finding {
    /// One for each disturbance; none where none exceeded its limit.
    case judged([Sighting])
    case unknown(String)
  }

  struct Sighting {
    var cpu: Int?
    var sentence: String

    init(cpu: Int? = nil, _ sentence: String) {
      self.cpu = cpu
      self.sentence = sentence
    }
  }

  private mutating func add(_ finding: Finding, _ kind: Disturbance.Kind, _ side: RunReport.Role) {
    switch finding {
    case .judged(let sightings):
      seen += sightings.map { Disturbance(kind, side: side, cpu: $0.cpu, $0.sentence) }
    case .unknown(let reason): unknown.append(UnknownDisturbance(kind, side: side, reason))
    }
  }

  /// Entries taken over from a peer, who may tell more.
  private static let mostTakenOver = 64

  /// Takes over what the server says of the same run. That the sender was the limit is both sides' conclusion from the
  /// same figures: it is kept once.
  ///
  /// - Parameter isHere: it runs on this machine, whose CPUs both sides looked at: what it says of one is kept alone.
  mutating func add(server: DisturbanceReport, isHere: Bool) {
    let hasSender = seen.contains { $0.kind == .sender }
    if isHere {
      seen.removeAll { own in own.cpu != nil && server.seen.contains { $0.kind == own.kind && $0.cpu == own.cpu } }
    }
    seen += server.seen.filter { !(hasSender && $0.kind == .sender) }.prefix(Self.mostTakenOver).map {
      Disturbance($0.kind, side: .server, cpu: $0.cpu, $0.sentence)
    }
    unknown += server.unknown.prefix(Self.mostTakenOver).map {
      UnknownDisturbance($0.kind, side: .server, $0.reason)
    }
  }
}

extension RunReport {
  /// Judges anew, once there is more evidence: a side's own when its run ends, then with what the other side told.
  ///
  /// - Parameter server: on a client, what the server says.
  public mutating func judgeDisturbances(server: DisturbanceReport? = nil) {
    disturbances = DisturbanceReport(of: self)
    let isHere = load?.boot != nil && load?.boot == peerLoad?.boot
    if let server { disturbances?.add(server: server, isHere: isHere) }
  }
}

// MARK: CPUs

extension DisturbanceReport {
  /// Why nothing can be said of the run's CPUs.
  static func noTimes(_ report: RunReport) -> String {
    report.processor.machineUnknown.map { "the time of the run's CPUs is not known: \($0)" }
      ?? "the time of the run's CPUs is not known: it was too short, or /proc/stat does not tell"
  }

  /// The CPU that lost most.
  static func steal(_ report: RunReport) -> Finding {
    let shares = report.cpus.compactMap { cpu in
      cpu.time.flatMap { time in time.percent(of: time.steal).map { (cpu: cpu.cpu, percent: $0) } }
    }
    guard let worst = shares.max(by: { $0.percent < $1.percent }) else { return .unknown(noTimes(report)) }
    let limit = DisturbanceLimits.steal
    guard worst.percent > limit else { return .judged([]) }
    return .judged([
      Sighting(
        cpu: worst.cpu,
        "the hypervisor took \(worst.percent.text(decimals: 1)) % of CPU \(worst.cpu)'s time "
          + "(limit \(limit.text(decimals: 0)) %)")
    ])
  }

  static func frequency(_ report: RunReport) -> Finding {
    let clocks = report.cpus.compactMap { cpu in cpu.clock.map { (cpu: cpu, clock: $0) } }
    let governed = clocks.compactMap { cpu, clock -> Sighting? in
      guard let before = clock.governorAtBegin, let after = clock.governorAtEnd, before != after else { return nil }
      return Sighting(cpu: cpu.cpu, "CPU \(cpu.cpu)'s governor was changed from \(before) to \(after)")
    }
    let measured = clocks.compactMap { cpu, clock -> (cpu: CPUReport, before: Double, after: Double)? in
      guard let before = clock.kilohertzAtBegin, before > 0, let after = clock.kilohertzAtEnd else { return nil }
      return (cpu, Double(before), Double(after))
    }
    // What is known is said, also where the rest is not.
    if !governed.isEmpty { return .judged(governed + changes(measured, in: report)) }
    guard !measured.isEmpty else {
      return .unknown("the kernel does not tell the frequency of the run's CPUs (no cpufreq)")
    }
    guard report.settings.omit > 0 else {
      return .unknown("at the run's begin its CPUs may have been idle: with seconds omitted (-O) they were not")
    }
    return .judged(changes(measured, in: report))
  }

  /// Without omitted seconds the first reading may be an idle CPU's, which says nothing.
  private static func changes(
    _ measured: [(cpu: CPUReport, before: Double, after: Double)], in report: RunReport
  ) -> [Sighting] {
    guard report.settings.omit > 0 else { return [] }
    let limit = DisturbanceLimits.frequency
    return measured.compactMap { cpu, before, after -> Sighting? in
      let percent = (after - before) / before * 100
      guard let time = cpu.time, let busy = time.percent(of: time.busy), busy >= DisturbanceLimits.busyForFrequency,
        percent.magnitude > limit
      else { return nil }
      let change = "\(percent.magnitude.text(decimals: 1)) % \(percent < 0 ? "less" : "more")"
      return Sighting(
        cpu: cpu.cpu,
        "CPU \(cpu.cpu) went from \((before / 1000).text(decimals: 0)) to \((after / 1000).text(decimals: 0)) MHz, "
          + "\(change) (limit \(limit.text(decimals: 0)) %)")
    }
  }

  static func throttle(_ report: RunReport) -> Finding {
    let counts = report.cpus.compactMap { cpu in cpu.clock?.throttles.map { (cpu: cpu.cpu, count: $0) } }
    guard !counts.isEmpty else { return .unknown("the kernel does not count what heat did to the run's CPUs") }
    let limit = DisturbanceLimits.throttles
    return .judged(
      counts.filter { $0.count > limit }.map {
        Sighting(
          cpu: $0.cpu,
          "CPU \($0.cpu) or its package got too hot \($0.count.counted("time")) and was slowed down (limit \(limit))")
      })
  }

  static func sender(_ report: RunReport) -> Finding {
    guard let limit = report.limit, limit.verdict != .unknown else {
      return .unknown("the figures at hand do not tell which side limited the run")
    }
    guard limit.verdict == .senderCPU else { return .judged([]) }
    return .judged([Sighting("\(limit.evidence) (full from \(LimitingSide.full.text(decimals: 0)) % on)")])
  }
}
