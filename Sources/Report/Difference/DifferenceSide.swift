import BoundedJSON

/// One side of a difference: every run of its files, grouped by what they have in common.
public struct DifferenceSide: Sendable {
  /// Runs that are measurements of the same thing, in the order they were met.
  struct Subject: Sendable {
    var label: String
    /// Name of the metric to its value in each run that tells it.
    var values: [String: [Double]] = [:]
    /// Name of a metric that is of one side alone to whose figures these are.
    var measured: [String: Set<MeasuredSide>] = [:]
    var traffic: MeasuredTraffic
    var runs = 0
  }

  private(set) var subjects: [Subject] = []
  /// Runs that count nowhere, each with its reason.
  private(set) var leftOut: [String] = []
  /// Runs that count although something disturbed them, each with what it was.
  private(set) var disturbed: [String] = []
  /// Member of environment or settings to the values met.
  private(set) var conditions = Conditions()

  /// - Parameters:
  ///   - documents: of all files of the side.
  ///   - excludingDisturbed: leave out runs that something disturbed; otherwise they count, and are named.
  public init(_ documents: [RecordedDocument], excludingDisturbed: Bool = false) {
    for document in documents {
      switch document {
      case .run(let run): add(run, excludingDisturbed: excludingDisturbed)
      case .comparison(let comparison, let name):
        conditions.add(comparison.campaign)
        for mode in comparison.modes {
          if let reason = mode.unavailable { leftOut.append("\(name), \(mode.name): \(reason)") }
        }
        for run in comparison.rounds.flatMap(\.runs) {
          add(run, label: run.mode ?? "run", of: name, excludingDisturbed: excludingDisturbed)
        }
      case .sweep(let sweep, let name):
        conditions.add(sweep.campaign)
        for point in sweep.points {
          if let reason = point.unavailable { leftOut.append("\(name), \(sweep.label(of: point)): \(reason)") }
          for run in point.runs {
            add(run, label: sweep.label(of: point), of: name, excludingDisturbed: excludingDisturbed)
          }
        }
      }
    }
  }

  private mutating func add(_ run: RecordedRun, excludingDisturbed: Bool) {
    guard counts(run.failure, run.disturbed, run.name, excludingDisturbed: excludingDisturbed) else { return }
    conditions.add(run)
    let traffic = run.traffic
    add(label: (run.mode ?? "run") + traffic.qualification, traffic, measured: MeasuredSide(of: run)) { metric in
      run.reading(of: metric).value
    }
  }

  private mutating func add(_ run: ComparedRun, label: String, of name: String, excludingDisturbed: Bool) {
    let place = "\(name), \(label)"
    guard counts(run.failure, run.disturbed, place, excludingDisturbed: excludingDisturbed) else { return }
    // What a comparison or a sweep keeps of a run is its receiver's.
    add(label: label, .plain, measured: .receiver) { metric in run.figures.value(of: metric) }
  }

  /// Whether a run counts; what is remarkable about it is kept either way.
  private mutating func counts(
    _ failure: String?, _ disturbance: String?, _ name: String, excludingDisturbed: Bool
  ) -> Bool {
    if let reason = failure ?? (excludingDisturbed ? disturbance.map { "disturbed: \($0)" } : nil) {
      leftOut.append("\(name): \(reason)")
      return false
    }
    if let disturbance { disturbed.append("\(name): \(disturbance)") }
    return true
  }

  private mutating func add(
    label: String, _ traffic: MeasuredTraffic, measured: MeasuredSide, value: (Metric) -> Double?
  ) {
    let index = subjects.firstIndex { $0.label == label } ?? subjects.count
    if index == subjects.count { subjects.append(Subject(label: label, traffic: traffic)) }
    subjects[index].runs += 1
    for metric in Metric.all where metric.preference != .none {
      guard let value = value(metric) else { continue }
      subjects[index].values[metric.name, default: []].append(value)
      if metric.isOfOneSide { subjects[index].measured[metric.name, default: []].insert(measured) }
    }
  }
}
