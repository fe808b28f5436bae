import BoundedJSON
import Presentation
import Report
import Testing

@Suite("Pages, pictures and tables")
struct ReportPageTests {
  private static let hostile =
    "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"' & =cmd|' /C'!A0\u{202E}"

  /// A comparison in which every text is hostile.
  private static func comparison() -> Comparison {
    let plan = ComparisonPlan(rounds: 1, duration: 10, omit: 0, streams: 1, blockLength: 131_072)
    var mode = ComparedMode(name: hostile, label: hostile)
    mode.facts = [hostile]
    var comparison = Comparison(
      Campaign(
        toolVersion: hostile, startedAt: 0, outcome: Outcome(.failed, reason: hostile),
        server: Endpoint(host: hostile, port: 1), plan: plan),
      modes: [mode, ComparedMode(name: "other", unavailable: hostile)])
    comparison.campaign.receiver = Environment(
      host: hostile, system: hostile, kernel: hostile, architecture: hostile, cpuModel: hostile, onlineCpus: 1,
      defaultCongestion: hostile)
    comparison.campaign.sender = comparison.campaign.receiver
    var figures = KeyFigures()
    figures.throughput = 12_345_678_901
    figures.cpu = 0.25
    figures.zeroCopyProven = 0.5
    figures.zeroCopyPossible = 0.75
    comparison.rounds = [
      ComparisonRound(number: 1, runs: [ComparedRun(mode: hostile, figures: figures, disturbed: hostile)])
    ]
    comparison.campaign.notes = [hostile]
    return comparison
  }

  private static func sweep() -> Sweep {
    let plan = ComparisonPlan(rounds: 1, duration: 10, omit: 0, streams: 1, blockLength: 131_072)
    var figures = KeyFigures()
    figures.throughput = 1e9
    var sweep = Sweep(
      Campaign(
        toolVersion: "1", startedAt: 0, outcome: .completed, server: Endpoint(host: "h", port: 1), plan: plan),
      axes: [SweepAxis(name: hostile, values: [hostile, "2"]), SweepAxis(name: "b", values: ["x"])])
    sweep.points = [
      SweepPoint(values: [hostile, "x"], runs: [ComparedRun(mode: nil, figures: figures)]),
      SweepPoint(values: ["2", "x"], unavailable: hostile, runs: []),
    ]
    return sweep
  }

  private static var documents: [RecordedDocument] {
    [.comparison(comparison(), name: hostile), .sweep(sweep(), name: hostile)]
  }

  /// The names of all start tags.
  private static func tags(_ markup: String) -> Set<String> {
    Set(
      markup.split(separator: "<").dropFirst().map { String($0.prefix { $0.isLetter || "!/".contains($0) }) }
        .filter { !$0.hasPrefix("/") })
  }

  @Test("No text of a report becomes an element, on the page or in a picture")
  func injection() throws {
    let page = ReportPage(Self.documents).html
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    let own: Set<String> = [
      "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "header", "h", "div", "p", "nav", "ul", "li", "a",
      "section", "figure", "figcaption", "svg", "desc", "text", "line", "circle", "rect", "table", "caption", "thead",
      "tbody", "tr", "th", "td", "details", "summary", "footer",
    ]
    #expect(Self.tags(page).subtracting(own) == [])
    #expect(!page.unicodeScalars.contains("\u{202E}"))
    let charts = Self.documents.flatMap { $0.charts() }
    #expect(charts.map(\.name) == ["comparison", "cpu", "zero-copy", "sweep"])
    for chart in charts { #expect(Self.tags(chart.file.replacing("<?xml", with: "")).subtracting(own) == []) }
  }

  @Test("Every figure stands on the page in words and with all its digits")
  func figures() {
    let page = ReportPage(Self.documents).html
    #expect(page.contains("data-value=\"12345678901.0\">12.35 Gb/s</td>"))
    #expect(page.contains("50.0 % to 75.0 %"))
    #expect(page.contains("n = 1"))
  }

  @Test("A ratio of fewer pairs than the mode has runs says of how many; one of none is none")
  func fewPairs() {
    func page(zeros: Int) -> String {
      var comparison = Self.comparison()
      comparison.modes = ["first", "second"].map { ComparedMode(name: $0) }
      comparison.rounds = (1...7).map { number in
        func run(_ mode: String, retransmits: UInt64) -> ComparedRun {
          var figures = KeyFigures()
          (figures.throughput, figures.retransmits) = (1e9 * Double(number), retransmits)
          return ComparedRun(mode: mode, figures: figures)
        }
        let first = run("first", retransmits: number <= zeros ? 0 : 4)
        return ComparisonRound(number: number, runs: [first, run("second", retransmits: 4)])
      }
      return ReportPage([.comparison(comparison, name: "f")]).html
    }
    #expect(page(zeros: 4).contains(">1.00× [1.00, 1.00] (n = 3"))
    #expect(!page(zeros: 0).contains(" (n = "))
    #expect(page(zeros: 7).contains(">none</td>") && !page(zeros: 7).contains(" (n = "))
  }

  @Test("What disturbed a run is part of the verdict, and what could not be judged of the notes")
  func disturbed() throws {
    var report = RunReport(
      toolVersion: "1", role: .client, kind: .iperf3, outcome: .completed, startedAt: 0,
      peer: Endpoint(host: "h", port: 1), local: Endpoint(host: "h", port: 1), settings: RunSettings(),
      environment: Environment(
        host: "h", system: "", kernel: "", architecture: "", cpuModel: "", onlineCpus: 1, defaultCongestion: ""),
      processor: ProcessorUse(wallSeconds: 1, user: 0, system: 0))
    report.disturbances = DisturbanceReport()
    func documents() throws -> [RecordedDocument] {
      let document = JSONValue.object([
        "start": .object([:]), "end": .object([:]), "intervals": .array([]), "zcrx_bench": report.json(),
      ])
      return try RecordedFile.documents(of: document.serialized(), name: "f")
    }
    func page() throws -> String { ReportPage(try documents()).html }
    #expect(try !page().contains("DISTURBED"))
    report.disturbances?.seen = [Disturbance(.load, side: .server, Self.hostile)]
    report.disturbances?.unknown = [UnknownDisturbance(.frequency, side: .client, "there is no cpufreq")]
    let text = try page()
    #expect(text.contains("<p class=\"alarm\">f: DISTURBED: server: load: "))
    #expect(text.contains("Not judged: client: frequency: there is no cpufreq"))
    #expect(!text.contains("<script"))
    #expect(CSVTable(.runs, of: try documents()).text.contains("server: load: "))
  }

  @Test("A page of nothing, and of a comparison without modes or rounds, is a page")
  func empty() {
    #expect(ReportPage([]).html.hasSuffix("</html>\n"))
    var comparison = Self.comparison()
    comparison.modes = []
    comparison.rounds = []
    #expect(ReportPage([.comparison(comparison, name: "f")]).html.contains("comparison of 0 modes"))
    var sweep = Self.sweep()
    sweep.axes = []
    sweep.points = []
    #expect(ReportPage([.sweep(sweep, name: "f")]).html.contains("</html>"))
    #expect(RecordedDocument.sweep(sweep, name: "f").charts().isEmpty)
  }

  @Test("A spreadsheet takes no text of a report for a formula, and a quote ends no cell")
  func spreadsheets() {
    var comparison = Self.comparison()
    comparison.rounds[0].runs[0].disturbed = "=HYPERLINK(\"x\"),2"
    let text = CSVTable(.runs, of: [.comparison(comparison, name: "-file")]).text
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("file,kind,subject,round,outcome,throughput,"))
    #expect(lines[1].hasPrefix("'-file,comparison,"))
    #expect(lines[1].contains(",12345678901,"))
    #expect(lines[1].hasSuffix(",\"'=HYPERLINK(\"\"x\"\"),2\""))
  }
}
