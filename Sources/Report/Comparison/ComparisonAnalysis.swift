import Statistics

/// What a comparison says: a median with its interval for each mode and figure, and each mode held against the first,
/// round by round.
public struct ComparisonAnalysis: Sendable {
  /// In the comparison's order.
  public let modes: [ModeAnalysis]
  /// Runs that count nowhere, each with its reason.
  public let leftOut: [String]

  /// - Parameter excludingDisturbed: leave out runs that something disturbed; otherwise they count, and are named.
  public init(_ comparison: Comparison, excludingDisturbed: Bool = false) {
    var leftOut: [String] = []
    let rounds = comparison.rounds.map { round in
      ComparisonRound(
        number: round.number,
        runs: round.runs.filter { run in
          let reason = run.failure ?? (excludingDisturbed ? run.disturbed.map { "disturbed: \($0)" } : nil)
          if let reason { leftOut.append("\(run.mode ?? "?"), round \(round.number): \(reason)") }
          return reason == nil
        })
    }
    self.leftOut = leftOut
    modes = comparison.modes.map { ModeAnalysis($0, base: comparison.modes.first, rounds: rounds) }
  }
}

/// One mode of a comparison.
public struct ModeAnalysis: Sendable {
  public let mode: ComparedMode
  /// What it is held against; nil for the first mode itself.
  public let base: ComparedMode?
  /// Runs that count.
  public let count: Int
  /// Of them, those that something disturbed, with the reasons.
  public let disturbed: [String]
  private let estimates: [String: Estimate]
  private let ratios: [String: PairedRatio]

  init(_ mode: ComparedMode, base: ComparedMode?, rounds: [ComparisonRound]) {
    self.mode = mode
    self.base = base?.name == mode.name ? nil : base
    let runs = rounds.flatMap { round in round.runs.filter { $0.mode == mode.name }.map { (round.number, $0) } }
    count = runs.count
    disturbed = runs.compactMap { round, run in run.disturbed.map { "round \(round): \($0)" } }
    var estimates: [String: Estimate] = [:]
    var ratios: [String: PairedRatio] = [:]
    for metric in KeyFigures.metrics {
      estimates[metric.name] = Bootstrap().median(of: runs.compactMap { $0.1.figures.value(of: metric) })
      guard let base = self.base else { continue }
      let pairs = rounds.compactMap { round -> (base: Double, other: Double)? in
        func value(_ name: String) -> Double? {
          round.runs.first { $0.mode == name }?.figures.value(of: metric)
        }
        guard let first = value(base.name), let other = value(mode.name) else { return nil }
        return (first, other)
      }
      ratios[metric.name] = PairedRatio(pairs)
    }
    self.estimates = estimates
    self.ratios = ratios
  }

  /// One line on them; nil where there are none.
  public var disturbance: String? {
    guard let first = disturbed.first else { return nil }
    return disturbed.count == 1
      ? "\(mode.name), \(first)" : "\(mode.name), \(disturbed.count) of \(count.counted("run")); the first: \(first)"
  }

  /// The median over the runs; nil where no run tells it.
  public func estimate(_ metric: Metric) -> Estimate? { estimates[metric.name] }

  /// Held against the first mode, pair by pair; nil for the first mode, and where no round has both.
  public func ratio(_ metric: Metric) -> PairedRatio? { ratios[metric.name] }
}

/// One mode's figure divided by another's of the same round.
public struct PairedRatio: Sendable {
  /// The median of the ratios; a round whose divisor is 0 has none.
  public let estimate: Estimate
  public let verdict: Verdict

  init?(_ pairs: [(base: Double, other: Double)]) {
    guard let estimate = Bootstrap().medianRatio(pairs: pairs) else { return nil }
    self.estimate = estimate
    verdict = Verdict.paired(pairs)
  }
}
