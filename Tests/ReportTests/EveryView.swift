import Presentation
import Report

/// Everything that `report` and `diff` make of documents, as one text.
enum EveryView {
  static func text(of documents: [RecordedDocument], against other: [RecordedDocument]) throws -> String {
    var parts = documents.flatMap(lines)
    parts.append(ReportPage(documents, excludingDisturbed: true).html)
    parts += documents.flatMap { $0.charts(excludingDisturbed: false) }.map(\.file)
    parts += CSVTable.Kind.allCases.map { CSVTable($0, of: documents).text }
    parts += try difference(documents, other) + difference(other, documents)
    return parts.joined(separator: "\n")
  }

  private static func lines(of document: RecordedDocument) -> [String] {
    switch document {
    case .run(let run):
      guard let report = run.report else {
        return Metric.all.compactMap { metric in run.reading(of: metric).value.map { metric.text($0) } }
      }
      let text = TextReport(role: report.role, receiveMode: report.settings.mode, verbose: true)
      return text.startLines(report) + report.intervals.flatMap(text.intervalLines) + text.summaryLines(report)
    case .comparison(let comparison, _): return ComparisonText(comparison, excludingDisturbed: true).lines
    case .sweep(let sweep, _): return SweepText(sweep).lines
    }
  }

  private static func difference(_ base: [RecordedDocument], _ new: [RecordedDocument]) throws -> [String] {
    let difference = Difference(base: DifferenceSide(base), new: DifferenceSide(new, excludingDisturbed: true))
    let gates = try ["throughput<-3%", "cpu>0.1s/GiB"].flatMap { try FailCondition($0).results(for: difference) }
    let text = DifferenceText(difference, gates: gates)
    return text.lines + text.markdown
  }
}
