import Report
import Statistics

/// A sweep on a page.
struct SweepSection {
  let sweep: Sweep
  let name: String

  init(_ sweep: Sweep, name: String) {
    self.sweep = sweep
    self.name = name
  }

  var section: PageSection {
    var section = PageSection(title: "\(name): sweep over \(sweep.axes.map(\.name).joined(separator: ", "))")
    section.verdict = OutcomeSentence.alarm(for: sweep.campaign.outcome, of: name) + [best]
    section.facts =
      sweep.axes.map { "\($0.name): \($0.values.joined(separator: ", "))." }
      + ComparisonSection.facts(sweep.campaign, varied: sweep.axes.map(\.name))
    section.charts = SweepCharts(sweep: sweep).charts
    section.tables = [points] + environments(sweep.campaign.receiver, sweep.campaign.sender)
    section.folded = [runs]
    section.notes = sweep.campaign.notes
    return section
  }

  private var best: (text: String, isAlarm: Bool) {
    let known = sweep.points.compactMap { point in point.estimate(.throughput).map { (point, $0) } }
    let measured = "\(sweep.points.count) of \(sweep.pointCount) points"
    guard let best = known.max(by: { $0.1.median < $1.1.median }) else { return ("\(name): \(measured)", false) }
    return (
      "\(name): \(measured); the highest median is \(Metric.throughput.text(best.1.median)) with "
        + "\(sweep.label(of: best.0)), n = \(best.1.count)", false
    )
  }

  private var points: PageTable {
    PageTable(
      caption: "Medians with 95 % intervals", headings: sweep.axes.map(\.name) + ["n"] + KeyFigures.metrics.map(\.name),
      rows: sweep.points.map { point in
        let values = point.values.map { PageTable.Cell($0) }
        if let reason = point.unavailable { return values + [Self.absence(reason)] }
        return values + [PageTable.Cell(number: "\(point.completed.count)")]
          + KeyFigures.metrics.map { EstimateCell.cell(point.estimate($0), of: $0) }
      })
  }

  private static func absence(_ reason: String) -> PageTable.Cell {
    PageTable.Cell("could not run: \(reason)", columns: KeyFigures.metrics.count + 1)
  }

  private var runs: PageTable {
    PageTable(
      caption: "Every run", headings: ["point"] + KeyFigures.metrics.map(\.name) + ["remark"],
      rows: sweep.points.flatMap { point in
        point.runs.map { run in [PageTable.Cell(sweep.label(of: point))] + RunCells.cells(run) }
      })
  }
}
