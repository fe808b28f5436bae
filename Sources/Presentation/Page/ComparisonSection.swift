import Report
import Statistics

/// A comparison on a page.
struct ComparisonSection {
  private let comparison: Comparison
  private let name: String
  private let analysis: ComparisonAnalysis

  init(_ comparison: Comparison, name: String, excludingDisturbed: Bool) {
    self.comparison = comparison
    self.name = name
    analysis = ComparisonAnalysis(comparison, excludingDisturbed: excludingDisturbed)
  }

  var section: PageSection {
    var section = PageSection(title: "\(name): comparison of \(comparison.modes.count) modes")
    section.verdict =
      OutcomeSentence.alarm(for: comparison.campaign.outcome, of: name)
      + analysis.modes.map { ($0.sentence, $0.mode.unavailable != nil) }
    section.facts = Self.facts(comparison.campaign)
    section.charts = ComparisonCharts(analysis: analysis).charts
    section.tables = [medians, ratios].compactMap(\.self)
    section.tables += environments(comparison.campaign.receiver, comparison.campaign.sender)
    section.folded = [runs]
    let disturbed = analysis.modes.compactMap { $0.disturbance.map { "Disturbed: \($0)" } }
    let facts = comparison.modes.filter { !$0.facts.isEmpty }.map { "\($0.name): \($0.facts.joined(separator: "; "))" }
    section.notes = disturbed + analysis.leftOut.map { "Left out: \($0)" } + facts + comparison.campaign.notes
    return section
  }

  /// - Parameter varied: what differs between its runs, by the names of a sweep's axes.
  static func facts(_ campaign: Campaign, varied: [String] = []) -> [String] {
    let plan = campaign.plan
    func words(_ side: String, _ environment: Environment?) -> String {
      guard environment?.isShared != false else { return "\(side): its environment is not shared." }
      return environment.map { "\(side): \($0.host), Linux \($0.kernel) \($0.architecture), \($0.cpuModel)." }
        ?? "\(side): unknown."
    }
    let length = plan.duration > 0 ? "\(plan.duration) s" : "\(plan.bytes) bytes"
    let settings = [
      "\(plan.rounds.counted("round")), runs of \(length)",
      plan.omit > 0 ? "after \(plan.omit) s that do not count" : nil,
      varied.contains("flows") ? nil : plan.streams.counted("stream"),
      varied.contains("length") ? nil : "blocks of \(plan.blockLength.counted("byte"))",
      plan.send.map { "sent with \($0)" }, "server \(campaign.server.host) port \(campaign.server.port)",
    ]
    return [
      settings.compactMap(\.self).joined(separator: ", ") + ".",
      words("Receiver", campaign.receiver), words("Sender", campaign.sender),
    ]
  }

  private var medians: PageTable {
    PageTable(
      caption: "Medians with 95 % intervals", headings: ["mode", "n"] + KeyFigures.metrics.map(\.name),
      rows: analysis.modes.map { mode in
        guard mode.mode.unavailable == nil else {
          return [
            PageTable.Cell(mode.mode.name), PageTable.Cell(number: "0"),
            PageTable.Cell("could not run", columns: KeyFigures.metrics.count),
          ]
        }
        return [PageTable.Cell(mode.mode.name), PageTable.Cell(number: "\(mode.count)")]
          + KeyFigures.metrics.map { metric in EstimateCell.cell(mode.estimate(metric), of: metric) }
      })
  }

  private var ratios: PageTable? {
    guard let base = comparison.modes.first, analysis.modes.count > 1 else { return nil }
    return PageTable(
      caption: "Ratio to \(base.name), round by round, with 95 % intervals",
      headings: ["mode"] + KeyFigures.metrics.map(\.name),
      rows: analysis.modes.dropFirst().map { mode in
        [PageTable.Cell(mode.mode.name)]
          + KeyFigures.metrics.map { metric in
            guard let ratio = mode.ratio(metric) else { return PageTable.Cell(number: "none") }
            // Without a run of the first mode in its round, or over a divisor of 0, a run has no ratio.
            let pairs = ratio.estimate.count < mode.count ? "n = \(ratio.estimate.count)" : nil
            let doubt = ratio.verdict == .noDifference ? "no difference shown" : nil
            let remarks = [pairs, doubt].compactMap(\.self).joined(separator: ", ")
            return PageTable.Cell(
              number: ratio.estimate.ratioTextWithInterval + (remarks.isEmpty ? "" : " (\(remarks))"),
              value: ratio.estimate.median)
          }
      })
  }

  private var runs: PageTable {
    PageTable(
      caption: "Every run, in the order they ran",
      headings: ["round", "mode"] + KeyFigures.metrics.map(\.name) + ["remark"],
      rows: comparison.rounds.flatMap { round in
        round.runs.map { run in
          [PageTable.Cell("\(round.number)"), PageTable.Cell(run.mode ?? "")] + RunCells.cells(run)
        }
      })
  }
}

/// The figures of one run of a comparison or a sweep.
enum RunCells {
  static func cells(_ run: ComparedRun) -> [PageTable.Cell] {
    let figures = KeyFigures.metrics.map { metric in
      run.figures.value(of: metric).map { PageTable.Cell(number: metric.text($0), value: $0) }
        ?? PageTable.Cell(number: "unknown")
    }
    let remark = run.failure.map { "does not count: \($0)" } ?? run.disturbed.map { "disturbed: \($0)" } ?? ""
    return figures + [PageTable.Cell(remark)]
  }
}

enum EstimateCell {
  static func cell(_ estimate: Estimate?, of metric: Metric) -> PageTable.Cell {
    guard let estimate else { return PageTable.Cell(number: "unknown") }
    return PageTable.Cell(number: estimate.text(in: metric.unit), value: estimate.median)
  }
}

enum OutcomeSentence {
  static func alarm(for outcome: Outcome, of name: String) -> [(text: String, isAlarm: Bool)] {
    guard outcome.status != .completed else { return [] }
    return [("\(name): \(outcome.status.rawValue.uppercased()): \(outcome.reason ?? "no reason was recorded")", true)]
  }
}

/// The machines of both sides.
func environments(_ receiver: Environment?, _ sender: Environment?) -> [PageTable] {
  [
    JSONTable.table("Receiver's environment", of: receiver?.json()),
    JSONTable.table("Sender's environment", of: sender?.json()),
  ].compactMap(\.self)
}
