/// Whether this side stood still, or was made to by a quota. A process that is stopped takes no samples: the one that was due is taken when it goes
/// on, late by as long as it stood still from that moment on.
extension DisturbanceReport {
  static func pause(_ report: RunReport) -> Finding {
    let quota = quota(report)
    switch stop(report) {
    case .judged(let sightings): return .judged(quota + sightings)
    case .unknown(let reason): return quota.isEmpty ? .unknown(reason) : .judged(quota)
    }
  }

  /// CPU time is counted while a process runs, and says nothing of the time it was not allowed to.
  private static func quota(_ report: RunReport) -> [Sighting] {
    let wall = report.processor.wallSeconds
    guard let throttled = report.processor.throttling, wall > 0 else { return [] }
    let limit = DisturbanceLimits.quota
    guard throttled.seconds / wall * 100 > limit else { return [] }
    return [
      Sighting(
        "the CPU quota of cgroup \(throttled.cgroup) held this side back for "
          + "\(throttled.seconds.text(decimals: 2)) s in \(throttled.periods.counted("period")) "
          + "(limit \(limit.text(decimals: 0)) % of the run's time)")
    ]
  }

  private static func stop(_ report: RunReport) -> Finding {
    guard let lateness = report.samplerLateness, lateness.count > 0 else {
      return .unknown("no sample was due in the seconds that count: with a shorter --interval one is")
    }
    let seconds = Double(lateness.maximum) / 1e6
    let limit = DisturbanceLimits.pause
    if seconds > limit {
      return .judged([
        Sighting(
          "this side stood still for \(seconds.text(decimals: 1)) s or longer (limit \(limit.text(decimals: 1)) s)")
      ])
    }
    // The last part of a run may end a moment before its sample is due.
    let length = (report.role == .server ? report.received : report.sent)?.seconds ?? 0
    let distance = length / (Double(lateness.count) + 1)
    guard distance <= DisturbanceLimits.sampleDistance else {
      return .unknown("samples were seconds apart, and a pause between two does not show: take a shorter --interval")
    }
    return .judged([])
  }
}
