import BoundedJSON
import Report

/// One run on a page.
struct RunSection {
  private let run: RecordedRun

  init(_ run: RecordedRun) {
    self.run = run
  }

  var section: PageSection {
    var section = PageSection(title: title)
    section.verdict = verdict
    section.facts = facts
    section.charts = RunCharts(run: run).charts
    section.tables = [figures]
    let parts: [(String, String)] = [
      ("Settings", "settings"), ("Environment", "environment"), ("CPU time", "processor"),
      ("Memory bandwidth", "memory"), ("What was copied", "copy_account"), ("Zero-copy queues", "zero_copy"),
      ("Verification", "verification"), ("Bytes per call", "call_sizes"),
    ]
    if run.origin == .zcrxBench {
      let tables = parts.compactMap { JSONTable.table($0.0, of: run.json.object?[$0.1]) }
      section.tables += tables
      section.folded = ["streams", "workers"].compactMap { name in
        let list = run.json.object?[name]?.array ?? []
        return list.isEmpty ? nil : JSONTable.table(name, of: .object([name: .array(list)]))
      }
    } else {
      section.tables += ["start", "end"].compactMap { JSONTable.table("iperf3's \($0)", of: run.json.object?[$0]) }
    }
    if let intervals { section.folded.append(intervals) }
    let unknown = (run.report?.disturbances?.unknown ?? []).map {
      "Not judged: \($0.side.rawValue): \($0.kind.rawValue): \($0.reason)"
    }
    section.notes =
      unknown + (run.report?.notes ?? []) + (run.report?.zeroCopy?.likelyCauses.map { "Likely cause: \($0)" } ?? [])
    return section
  }

  private var title: String {
    guard let report = run.report else { return "\(run.name): iperf3, \(run.trafficWords)" }
    return "\(run.name): \(report.role.rawValue)\(report.settings.mode.map { ", \($0)" } ?? "")"
  }

  private var verdict: [(text: String, isAlarm: Bool)] {
    let status = run.report?.outcome.status.rawValue.uppercased() ?? "FAILED"
    let disturbances = (run.report?.disturbances?.seen ?? []).map { ("\(run.name): DISTURBED: \($0.text)", true) }
    let failure = run.failure.map { [("\(run.name): \(status): \($0)", true)] } ?? []
    let alarms = failure + disturbances
    func words(_ metric: Metric) -> String? { run.reading(of: metric).value.map { metric.text($0) } }
    let words = [words(.throughput), bracket.map { "\($0) not copied" }, words(.cpu).map { "\($0) of CPU" }].compactMap(
      \.self)
    guard !words.isEmpty else { return alarms.isEmpty ? [("\(run.name): no figure is known", true)] : alarms }
    return alarms + [("\(run.name): \(words.joined(separator: ", "))\(discard)", false)]
  }

  /// A point only where the bounds are equal.
  private var bracket: String? {
    guard let least = run.reading(of: .zeroCopyProven).value, let most = run.reading(of: .zeroCopyPossible).value else {
      return nil
    }
    let bounds = (Metric.zeroCopyProven.text(least), Metric.zeroCopyPossible.text(most))
    return least == most ? bounds.0 : "\(bounds.0) to \(bounds.1)"
  }

  private var discard: String {
    guard let report = run.report, report.copyAccount?.discarded ?? 0 > 0 else { return "" }
    return "; the bytes were dropped inside the kernel, not received into user memory"
  }

  private var facts: [String] {
    guard let report = run.report else { return ["Written by a stock iperf3, which tells nothing about copies."] }
    let environment = report.environment
    return [
      "On \(environment.host): Linux \(environment.kernel) \(environment.architecture), \(environment.cpuModel), "
        + "\(environment.onlineCpus) CPUs online; peer \(report.peer.host) port \(report.peer.port).",
      report.settings.mode.map { "Received with \($0)." } ?? "Sent with \(report.settings.send ?? "an unknown path").",
    ]
  }

  private var figures: PageTable {
    PageTable(
      caption: "Figures", headings: ["metric", "value", "what it is"],
      rows: Metric.all.map { metric in
        let value: PageTable.Cell =
          switch run.reading(of: metric) {
          case .value(let value): PageTable.Cell(number: metric.text(value), value: value)
          case .name(let name): PageTable.Cell(name)
          case .unavailable(let reason): PageTable.Cell("not available: \(reason)")
          }
        return [PageTable.Cell(metric.name), value, PageTable.Cell(metric.meaning)]
      })
  }

  private var intervals: PageTable? {
    let intervals = RunTimeline(run).intervals
    guard !intervals.isEmpty else { return nil }
    return PageTable(
      caption: "All \(intervals.count) intervals",
      headings: ["from s", "to s", "bytes", "rate", "zero-copied bytes", "retransmits", "counts"],
      rows: intervals.map { interval in
        let copied = interval.zeroCopied.map {
          $0.isExact ? "\($0.atLeast)" : "\($0.atLeast) to \($0.atMost)"
        }
        return [
          PageTable.Cell(interval.start.text(decimals: 2)), PageTable.Cell(number: interval.end.text(decimals: 2)),
          PageTable.Cell(number: "\(interval.bytes)"),
          PageTable.Cell(number: Metric.throughput.text(interval.bitsPerSecond), value: interval.bitsPerSecond),
          PageTable.Cell(number: copied ?? "unknown"),
          PageTable.Cell(number: interval.retransmits.map { "\($0)" } ?? "unknown"),
          PageTable.Cell(interval.omitted ? "no: omitted" : "yes"),
        ]
      })
  }
}
