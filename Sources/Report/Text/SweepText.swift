import Statistics

/// A sweep for a terminal: one row for each point.
public struct SweepText {
  private let sweep: Sweep

  public init(_ sweep: Sweep, excludingDisturbed: Bool = false) {
    self.sweep = excludingDisturbed ? sweep.excludingDisturbed() : sweep
  }

  public var lines: [String] {
    var table = TextTable(
      columns: sweep.axes.map { ($0.name.printable, TextTable.Alignment.left) } + [
        ("throughput", .right), ("CPU", .right), ("zero-copy proven", .right), ("n", .right),
      ])
    for point in sweep.points {
      if let reason = point.unavailable {
        table.add(point.values + ["could not run: \(reason)"])
      } else {
        let figures = [Metric.throughput, .cpu, .zeroCopyProven].map { metric in
          point.estimate(metric)?.text(in: metric.unit) ?? "unknown"
        }
        table.add(point.values + figures + ["\(point.completed.count)"])
      }
    }
    return OutcomeText.banner(for: sweep.campaign.outcome).map { $0.rendered(colour: false) }
      + ["\(sweep.points.count) of \(sweep.pointCount) points"] + table.lines
      + (remarks + sweep.campaign.notes.map { "Note: \($0)" }).map { $0.printable }
  }

  private var remarks: [String] {
    sweep.points.flatMap { point in
      point.runs.compactMap { run in
        let label = sweep.label(of: point)
        if let failure = run.failure { return "Does not count: \(label): \(failure)" }
        return run.disturbed.map { "Disturbed: \(label): \($0)" }
      }
    }
  }
}

extension SweepPoint {
  /// The runs that count.
  public var completed: [ComparedRun] { runs.filter { $0.failure == nil } }

  /// The median over its runs; nil where none tells it.
  public func estimate(_ metric: Metric) -> Estimate? {
    Bootstrap().median(of: completed.compactMap { $0.figures.value(of: metric) })
  }
}
