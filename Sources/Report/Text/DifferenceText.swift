import BoundedJSON
import Statistics

/// A difference for a terminal, and as Markdown for a comment on a change.
public struct DifferenceText {
  private let difference: Difference
  private let gates: [FailConditionResult]

  public init(_ difference: Difference, gates: [FailConditionResult] = []) {
    self.difference = difference
    self.gates = gates
  }

  /// Conditions first: under other conditions the rest says something else.
  public var lines: [String] {
    var lines = conditions(bullet: "  ")
    for subject in difference.subjects {
      var table = TextTable(columns: Self.headings)
      for metric in subject.metrics { table.add(Self.cells(metric)) }
      lines += [heading(subject)] + table.lines + [""]
    }
    return (lines + remarks.map { $0.text }).map { $0.printable }
  }

  /// GitHub's dialect: tables, no markup from the data.
  public var markdown: [String] {
    var lines = conditions(bullet: "- ", text: MarkdownText.escaped)
    for subject in difference.subjects {
      lines += ["", "**\(MarkdownText.escaped(heading(subject)))**", ""]
      lines.append("| " + Self.headings.map(\.heading).joined(separator: " | ") + " |")
      lines.append("|" + Self.headings.map { $0.alignment == .left ? " --- |" : " ---: |" }.joined())
      for metric in subject.metrics {
        lines.append("| " + Self.cells(metric).map(MarkdownText.escaped).joined(separator: " | ") + " |")
      }
    }
    if !remarks.isEmpty { lines.append("") }
    return lines + remarks.map { "- \($0.isAlarm ? "❌ " : "")\(MarkdownText.escaped($0.text))" }
  }

  private static let headings: [(heading: String, alignment: TextTable.Alignment)] = [
    ("metric", .left), ("base", .right), ("new", .right), ("change", .right), ("verdict", .left),
  ]

  private static func cells(_ metric: MetricDifference) -> [String] {
    let unit = metric.metric.unit
    return [
      metric.metric.name, metric.base.text(in: unit), metric.new.text(in: unit), metric.changeText, metric.verdictText,
    ]
  }

  private func heading(_ subject: SubjectDifference) -> String {
    "\(subject.label): \(subject.baseRuns) \(subject.baseRuns == 1 ? "run" : "runs") in base, \(subject.newRuns) in new"
  }

  private func conditions(bullet: String, text: (String) -> String = { $0 }) -> [String] {
    let hidden = difference.hiddenReceivers.map {
      "\($0): receiver's environment not shared (zcrx-bench server --share-environment)"
    }
    guard !difference.conditions.isEmpty else {
      return ["Both sides ran under the same conditions, as far as they tell."] + hidden.map { bullet + text($0) }
    }
    func words(_ values: [String]) -> String { values.map { Excerpt($0).description }.joined(separator: ", ") }
    let both = difference.conditions.filter { !$0.base.isEmpty && !$0.new.isEmpty }
    var lines = both.map { "\($0.name): \(words($0.base)) → \(words($0.new))" }
    for (side, values) in [("base", \ConditionDifference.new), ("new", \ConditionDifference.base)] {
      let names = difference.conditions.filter { $0[keyPath: values].isEmpty }.map(\.name)
      if !names.isEmpty { lines.append("told by \(side) only: \(names.joined(separator: ", "))") }
    }
    return ["The sides differ in more than what is measured, or do not tell the same:"]
      + (lines + hidden).map { bullet + text($0) }
  }

  private var remarks: [(text: String, isAlarm: Bool)] {
    let nothing = difference.subjects.isEmpty ? ["Nothing on one side has its like on the other."] : []
    let incomparable = difference.subjects.flatMap { subject in
      subject.incomparable.map { "\(subject.label): \($0.sentence)" }
    }
    let plain =
      nothing + incomparable + difference.unmatched + difference.disturbed.map { "Disturbed: \($0)" }
      + difference.leftOut.map { "Left out: \($0)" }
    return plain.map { ($0, false) } + gates.map { ($0.sentence, $0.fails) }
  }
}
