import Statistics

/// What changed between two sides, and whether it is more than the noise of both.
public struct Difference: Sendable {
  /// What makes the sides hard to compare; read it first.
  public let conditions: [ConditionDifference]
  /// "base", "new": whose receiver's environment is not shared, so that nothing follows from what it does not tell.
  public let hiddenReceivers: [String]
  public let subjects: [SubjectDifference]
  /// What only one side has, in words.
  public let unmatched: [String]
  /// Runs that count nowhere, each with its reason.
  public let leftOut: [String]
  /// Runs that count although something disturbed them, each with what it was.
  public let disturbed: [String]

  public init(base: DifferenceSide, new: DifferenceSide) {
    let names = base.conditions.names + new.conditions.names.filter { !base.conditions.names.contains($0) }
    conditions = names.compactMap { name in
      let sides = ConditionDifference(
        name: name, base: base.conditions.values(of: name).sorted(), new: new.conditions.values(of: name).sorted())
      return sides.base == sides.new ? nil : sides
    }
    hiddenReceivers =
      (base.conditions.isReceiverHidden ? ["base"] : []) + (new.conditions.isReceiverHidden ? ["new"] : [])
    disturbed = base.disturbed.map { "base: \($0)" } + new.disturbed.map { "new: \($0)" }
    leftOut = base.leftOut.map { "base: \($0)" } + new.leftOut.map { "new: \($0)" }
    // One thing on each side is compared whatever it is called: that the mode changed is among the conditions. Another
    // protocol or direction is another measurement.
    if base.subjects.count == 1, new.subjects.count == 1, base.subjects[0].traffic == new.subjects[0].traffic {
      subjects = [SubjectDifference(base.subjects[0], new.subjects[0])]
      unmatched = []
      return
    }
    subjects = base.subjects.compactMap { subject in
      new.subjects.first { $0.label == subject.label && $0.traffic == subject.traffic }.map {
        SubjectDifference(subject, $0)
      }
    }
    let matched = Set(subjects.map(\.label))
    unmatched =
      base.subjects.filter { !matched.contains($0.label) }.map { "\($0.label): only in base" }
      + new.subjects.filter { !matched.contains($0.label) }.map { "\($0.label): only in new" }
  }
}

/// What changed about one mode, one point of a sweep, or the only thing measured.
public struct SubjectDifference: Sendable {
  public let label: String
  public let baseRuns: Int
  public let newRuns: Int
  /// Metrics that both sides tell, and of the same side of the connection where they are of one.
  public let metrics: [MetricDifference]
  /// Metrics that both tell and that are not to be held against each other.
  public let incomparable: [IncomparableMetrics]

  init(_ base: DifferenceSide.Subject, _ new: DifferenceSide.Subject) {
    label = base.label == new.label ? base.label : "\(base.label) → \(new.label)"
    baseRuns = base.runs
    newRuns = new.runs
    var metrics: [MetricDifference] = []
    var incomparable: [IncomparableMetrics] = []
    for metric in Metric.all {
      guard let before = base.values[metric.name], let after = new.values[metric.name] else { continue }
      let (first, second) = (base.measured[metric.name] ?? [], new.measured[metric.name] ?? [])
      if first == second, first.count <= 1 {
        if let difference = MetricDifference(metric, base: before, new: after) { metrics.append(difference) }
      } else if let index = incomparable.firstIndex(where: { $0.base == first && $0.new == second }) {
        let names = incomparable[index].metrics + [metric.name]
        incomparable[index] = IncomparableMetrics(metrics: names, base: first, new: second)
      } else {
        incomparable.append(IncomparableMetrics(metrics: [metric.name], base: first, new: second))
      }
    }
    self.metrics = metrics
    self.incomparable = incomparable
  }
}

public struct MetricDifference: Sendable {
  public let metric: Metric
  public let base: Estimate
  public let new: Estimate
  /// New divided by base; nil where base is 0.
  public let ratio: Estimate?
  public let verdict: Verdict

  init?(_ metric: Metric, base: [Double], new: [Double]) {
    guard let first = Bootstrap().median(of: base), let second = Bootstrap().median(of: new) else { return nil }
    self.metric = metric
    self.base = first
    self.new = second
    ratio = Bootstrap().ratioOfMedians(base: base, other: new)
    verdict = Verdict.independent(base: base, other: new)
  }

  /// How many times more, as a part of base: −0.03 is 3 % less; nil where base is 0.
  public var change: Double? { ratio.map { $0.median - 1 } }

  /// `+2.1 %`.
  public var changeText: String {
    guard let change else { return base.median == new.median ? "0.0 %" : "from 0" }
    return Self.signed(change * 100, decimals: 1) + " %"
  }

  /// What may be said about it.
  public var verdictText: String {
    switch verdict {
    case .noDifference: return "no difference that these runs can show"
    case .tooFew(let needed):
      let counts = base.count == new.count ? "n = \(base.count)" : "n = \(base.count) and \(new.count)"
      return "\(counts): too few to tell from noise (\(needed) a side can)"
    case .higher: return metric.preference == .lower ? "higher: worse" : "higher: better"
    case .lower: return metric.preference == .lower ? "lower: better" : "lower: worse"
    }
  }

  static func signed(_ value: Double, decimals: Int) -> String {
    let text = value.text(decimals: decimals)
    return value > 0 ? "+\(text)" : text
  }
}
