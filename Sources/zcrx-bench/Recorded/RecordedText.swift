import Report

/// A document that was read back, for a terminal.
enum RecordedText {
  static func lines(for document: RecordedDocument, excludingDisturbed: Bool) -> [String] {
    switch document {
    case .run(let run): ["\(run.name):".printable] + lines(for: run)
    case .comparison(let comparison, let name):
      ["\(name):".printable] + ComparisonText(comparison, excludingDisturbed: excludingDisturbed).lines
    case .sweep(let sweep, let name):
      ["\(name):".printable] + SweepText(sweep, excludingDisturbed: excludingDisturbed).lines
    }
  }

  private static func lines(for run: RecordedRun) -> [String] {
    guard let report = run.report else {
      var table = TextTable(columns: [("metric", .left), ("value", .left)])
      for metric in Metric.all {
        if let text = metric.text(run.reading(of: metric)) { table.add([metric.name, text]) }
      }
      return [run.trafficWords.printable] + table.lines
        + (run.failure.map { ["*** FAILED: \($0.printable) ***"] } ?? [])
    }
    let text = TextReport(role: report.role, receiveMode: report.settings.mode)
    return text.startLines(report) + report.intervals.flatMap(text.intervalLines) + text.summaryLines(report)
  }
}
