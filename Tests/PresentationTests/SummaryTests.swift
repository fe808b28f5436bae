import Presentation
import Report
import Testing

@Suite("Summaries of runs")
struct SummaryTests {
  private static let hostile = "</testcase>\"\\ | <b> @team\n# EOF"

  private static func run() throws -> JudgedRun {
    var report = RunReport(
      toolVersion: "1", role: .server, kind: .raw, outcome: Outcome(.failed, reason: hostile), startedAt: 0,
      peer: Endpoint(host: hostile, port: 1), local: Endpoint(host: "h", port: 1), settings: RunSettings(),
      environment: Environment(
        host: "h", system: "s", kernel: "k", architecture: "a", cpuModel: "c", onlineCpus: 1, defaultCongestion: "cubic"
      ),
      processor: ProcessorUse(wallSeconds: 0, user: 0, system: 0))
    report.settings.mode = hostile
    report.received = Transfer(bytes: 1_000_000, start: 0, end: 1)
    return JudgedRun(report, requirements: [try Requirement("throughput>=9Mbps")])
  }

  @Test("Nothing that a peer wrote ends an element, a label, a cell or a line")
  func injection() throws {
    let runs = [try Self.run(), JudgedRun(refused: Self.hostile, requirements: [])]
    let junit = JUnitDocument.text(for: runs)
    #expect(junit.contains("&lt;/testcase&gt;&quot;\\ | &lt;b&gt; @team\\u{a}# EOF"))
    #expect(!junit.contains("<b>"))
    let metrics = OpenMetricsText.text(for: runs)
    #expect(metrics.contains(#"peer="</testcase>\"\\ | <b> @team\\u{a}# EOF""#))
    #expect(metrics.split(separator: "\n").filter { $0 == "# EOF" }.count == 1)
    #expect(metrics.contains("\nzcrx_bench_throughput_bits_per_second{run=\"1\",role=\"server\",peer="))
    let markdown = MarkdownSummary.text(for: runs)
    #expect(markdown.contains("&lt;/testcase&gt;\"\\\\ \\| &lt;b&gt; &#64;team"))
    #expect(markdown.contains("| throughput&gt;=9Mbps | ❌ not met | 8.00 Mb/s |"))
  }

  @Test("A run that did not complete is an error beside its gates, and one that never began has no figures")
  func failures() throws {
    let junit = JUnitDocument.text(for: [JudgedRun(refused: "busy", requirements: [try Requirement("cpu<1s/GiB")])])
    #expect(junit.contains("tests=\"2\" failures=\"1\" errors=\"1\""))
    #expect(junit.contains("<error message=\"busy\" type=\"run\">busy</error>"))
    #expect(junit.contains("NOT MET: cpu&lt;1s/GiB (not available: there was no run)"))
    #expect(OpenMetricsText.text(for: []) == "# EOF\n")
    #expect(JUnitDocument.text(for: []).contains("tests=\"0\""))
  }

  @Test("A JUnit document grows without what stands before being moved")
  func growth() throws {
    let run = try Self.run()
    var counts = JUnitDocument.Counts()
    let lengths = (0..<1200).map { _ in
      counts = counts + JUnitDocument.Counts(run)
      return JUnitDocument.head(counts).utf8.count
    }
    #expect(Set(lengths) == [JUnitDocument.head(.init()).utf8.count])
    #expect(JUnitDocument.head(counts).contains("tests=\"2400\" failures=\"1200\" errors=\"1200\""))
    let suites = [run, run].map(JUnitDocument.suite).joined()
    #expect(
      JUnitDocument.text(for: [run, run])
        == JUnitDocument.head(JUnitDocument.Counts(run) + JUnitDocument.Counts(run)) + suites + JUnitDocument.tail)
  }

  @Test("The latest runs of many keep their numbers")
  func numbers() throws {
    let metrics = OpenMetricsText.text(for: [try Self.run(), try Self.run()], first: 1000)
    #expect(metrics.contains("zcrx_bench_completed{run=\"1000\",") && metrics.contains("{run=\"1001\","))
    #expect(!metrics.contains("run=\"1\""))
  }
}
