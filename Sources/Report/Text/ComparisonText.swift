import Statistics

/// A comparison for a terminal: one table of medians, then a sentence for each mode.
public struct ComparisonText {
  private let comparison: Comparison
  private let analysis: ComparisonAnalysis

  public init(_ comparison: Comparison, excludingDisturbed: Bool = false) {
    self.comparison = comparison
    analysis = ComparisonAnalysis(comparison, excludingDisturbed: excludingDisturbed)
  }

  public var lines: [String] {
    let banner = OutcomeText.banner(for: comparison.campaign.outcome).map { $0.rendered(colour: false) }
    return banner + [title.printable] + table.lines + [""]
      + (analysis.modes.map(\.sentence) + remarks + comparison.campaign.notes.map { "Note: \($0)" }).map {
        $0.printable
      }
  }

  private var title: String {
    let plan = comparison.campaign.plan
    let length = plan.duration > 0 ? "\(plan.duration) s" : "\(plan.bytes) bytes"
    let omitted = plan.omit > 0 ? " after \(plan.omit) s that do not count" : ""
    return "\(comparison.wholeRounds) of \(plan.rounds) rounds, runs of \(length)\(omitted), "
      + "\(plan.streams) \(plan.streams == 1 ? "stream" : "streams"); medians with 95 % intervals"
  }

  private var table: TextTable {
    var table = TextTable(columns: [
      ("mode", .left), ("Gb/s", .right), ("× \(comparison.modes.first?.name ?? "first")".printable, .right),
      ("CPU-s/GiB", .right), ("DRAM B/B", .right), ("zero-copy %", .right), ("retransmits", .right), ("n", .right),
    ])
    for mode in analysis.modes {
      guard mode.mode.unavailable == nil else {
        table.add([mode.mode.name, "could not run"])
        continue
      }
      table.add([
        mode.mode.name, cell(mode, .throughput, scale: 1e-9, decimals: 2),
        mode.ratio(.throughput)?.estimate.ratioTextWithInterval ?? "",
        cell(mode, .cpu, scale: 1, decimals: 3), cell(mode, .dram, scale: 1, decimals: 2), bracket(mode),
        cell(mode, .retransmits, scale: 1, decimals: 0), "\(mode.count)",
      ])
    }
    return table
  }

  private func cell(_ mode: ModeAnalysis, _ metric: Metric, scale: Double, decimals: Int) -> String {
    guard let estimate = mode.estimate(metric) else { return "unknown" }
    func text(_ value: Double) -> String { (value * scale).text(decimals: decimals) }
    let interval = estimate.interval.map { " [\(text($0.lower)), \(text($0.upper))]" }
    return text(estimate.median) + (interval ?? "")
  }

  private func bracket(_ mode: ModeAnalysis) -> String {
    guard let least = mode.estimate(.zeroCopyProven), let most = mode.estimate(.zeroCopyPossible) else {
      return "unknown"
    }
    func text(_ share: Double) -> String { String(MetricUnit.share.text(share).dropLast(2)) }
    return least.median == most.median ? text(least.median) : "\(text(least.median)) to \(text(most.median))"
  }

  private var remarks: [String] {
    let disturbed = analysis.modes.compactMap { $0.disturbance.map { "Disturbed: \($0)" } }
    let facts = comparison.modes.filter { !$0.facts.isEmpty }.map { "\($0.name): \($0.facts.joined(separator: "; "))" }
    return disturbed + analysis.leftOut.map { "Left out: \($0)" } + facts
  }
}
