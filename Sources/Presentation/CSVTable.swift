import BoundedJSON
import Report

/// A table as comma-separated values (RFC 4180, lines ended by a line feed), numbers with all their digits in base units.
public struct CSVTable {
  /// The tables there are, by the name they have on the command line.
  public enum Kind: String, CaseIterable, Sendable {
    /// One row for each run of any document.
    case runs
    /// One row for each interval of each run; comparisons and sweeps have none.
    case intervals
  }

  private var rows: [[String]]

  public init(_ kind: Kind, of documents: [RecordedDocument]) {
    switch kind {
    case .runs:
      rows = [["file", "kind", "subject", "round", "outcome"] + Metric.all.map(\.name) + ["disturbed"]]
      for document in documents { rows += Self.runs(of: document) }
    case .intervals:
      rows = [
        [
          "file", "start_s", "end_s", "omitted", "bytes", "bits_per_second", "zero_copied_at_least",
          "zero_copied_at_most", "retransmits",
        ]
      ]
      for case .run(let run) in documents { rows += Self.intervals(of: run) }
    }
  }

  public var text: String {
    rows.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func runs(of document: RecordedDocument) -> [[String]] {
    switch document {
    case .run(let run):
      return [
        [run.name, "run", run.mode ?? run.trafficWords, "", run.failure ?? "completed"]
          + Metric.all.map { cell(run.reading(of: $0)) } + [run.disturbed ?? ""]
      ]
    case .comparison(let comparison, let name):
      return comparison.rounds.flatMap { round in
        round.runs.map { row($0, name: name, kind: "comparison", subject: $0.mode ?? "", round: "\(round.number)") }
      }
    case .sweep(let sweep, let name):
      return sweep.points.flatMap { point in
        point.runs.enumerated().map { index, run in
          row(run, name: name, kind: "sweep", subject: sweep.label(of: point), round: "\(index + 1)")
        }
      }
    }
  }

  private static func row(_ run: ComparedRun, name: String, kind: String, subject: String, round: String) -> [String] {
    [name, kind, subject, round, run.failure ?? "completed"]
      + Metric.all.map { metric in
        metric.name == Metric.mode.name ? run.mode ?? "" : run.figures.value(of: metric).map(number) ?? ""
      } + [run.disturbed ?? ""]
  }

  private static func cell(_ reading: MetricReading) -> String {
    switch reading {
    case .value(let value): number(value)
    case .name(let name): name
    case .unavailable: ""
    }
  }

  private static func intervals(of run: RecordedRun) -> [[String]] {
    RunTimeline(run).intervals.map { interval in
      [
        run.name, number(interval.start), number(interval.end), interval.omitted ? "true" : "false",
        "\(interval.bytes)",
        number(interval.bitsPerSecond), interval.zeroCopied.map { "\($0.atLeast)" } ?? "",
        interval.zeroCopied.map { "\($0.atMost)" } ?? "", interval.retransmits.map { "\($0)" } ?? "",
      ]
    }
  }

  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return "" }
    return value == value.rounded() && value.magnitude < 9e15 ? "\(Int64(clamping: value))" : "\(value)"
  }

  /// Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers are left alone.
  private static func quoted(_ cell: String) -> String {
    let isFormula = cell.first.map { "=+-@\t\r".contains($0) } ?? false && Double(cell) == nil
    let text = (isFormula ? "'" : "") + cell.printable
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
