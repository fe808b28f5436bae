import Presentation
import Report

/// Everything that `report` and `diff` make of documents.
struct EveryView {
  let page: String
  /// Text, pictures, tables and differences.
  private let others: [String]

  init(of documents: [RecordedDocument], against base: [RecordedDocument]) throws {
    page = ReportPage(documents, excludingDisturbed: true).html
    others =
      documents.flatMap(Self.lines) + documents.flatMap { $0.charts() }.map(\.file)
      + CSVTable.Kind.allCases.map { CSVTable($0, of: documents).text } + (try Self.difference(base, documents))
  }

  /// The first text that has "nan" or "inf" as a word: what Swift makes of a number that is none.
  var noNumber: String? {
    let exact = page.split(separator: "data-value=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    return (others + exact).first { text in
      guard text.utf8.contains(UInt8(ascii: "n")) else { return false }
      let words = text.utf8.split { !(UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20) }
      return words.contains { $0.elementsEqual("nan".utf8) || $0.elementsEqual("inf".utf8) }
    }
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
    let difference = Difference(base: DifferenceSide(base), new: DifferenceSide(new))
    let gates = try ["throughput<-3%", "cpu>0.1s/GiB"].flatMap { try FailCondition($0).results(for: difference) }
    let text = DifferenceText(difference, gates: gates)
    return text.lines + text.markdown
  }
}
