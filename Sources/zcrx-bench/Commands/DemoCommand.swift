import ArgumentParser
import Benchmark
import Linux
import Presentation
import Report

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Compares every way to receive that this machine can do alone: no NIC, no second machine.",
    discussion: """
      As root, server and client live in two network namespaces joined by a veth pair, which vanish with the demo; \
      otherwise on the loopback interface. At the end it writes a page for the browser.
      """)

  @Option(
    name: [.customShort("t"), .customLong("time")], help: ArgumentHelp("Length of each run.", valueName: "seconds"))
  var time = 1

  @Option(help: "Runs of each mode, in turn.")
  var rounds = 7

  @Option(
    help: ArgumentHelp("Where to write the page. (default: \(DemoCommand.page))", valueName: "file"))
  var html: String?

  @Flag(help: "Write no page.")
  var noHtml = false

  private static let page = "zcrx-bench-demo.html"

  func validate() throws {
    guard (1...60).contains(time) else { throw ValidationError("-t takes 1 to 60 seconds, not \(time)") }
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds takes 1 to 100, not \(rounds)") }
    if html != nil, noHtml { throw ValidationError("--html and --no-html exclude each other") }
  }

  func run() throws {
    try reportingErrors {
      let signals = try TerminationSignals()
      let stream = ReportStream(signals: signals)
      // A page that was asked for must be writable before a minute is spent.
      let asked = try html.map { (name) throws(SystemCallError) in try CampaignFile(name, signals: signals) }
      let demo = try Demo(executable: "/proc/self/exe", seconds: time, rounds: rounds, signals: signals)
      let comparison = try compare(with: demo, stream)
      stream.write(lines: [""] + ComparisonText(comparison).lines + [""] + demo.remarks)
      if !noHtml { try writePage(of: comparison, asked, stream, signals) }
      let isWritten = stream.finish()
      let isDone = comparison.campaign.outcome.status == .completed && isWritten
      throw ExitCode((isDone ? ExitStatus.done : .failed).rawValue)
    }
  }

  private func compare(with demo: Demo, _ stream: ReportStream) throws -> Comparison {
    do throws(BenchmarkError) {
      return try demo.run { (line) throws(BenchmarkError) in
        stream.write(lines: [line])
        if let failure = stream.failure { throw BenchmarkError(failure.description) }
      }
    } catch {
      // The stream has said so itself.
      if stream.failure != nil { throw ExitCode(ExitStatus.failed.rawValue) }
      throw error
    }
  }

  private func writePage(
    of comparison: Comparison, _ asked: CampaignFile?, _ stream: ReportStream, _ signals: TerminationSignals
  ) throws {
    let page = ReportPage([.comparison(comparison, name: "zcrx-bench demo")])
    do throws(SystemCallError) {
      let file = if let asked { asked } else { try CampaignFile(Self.page, signals: signals) }
      try file.finish(with: Array(page.html.utf8))
      stream.write(lines: ["The page: \(file.name)".printable])
    } catch {
      guard asked == nil else { throw error }
      stream.write(lines: ["No page: \(error); --html FILE names another place."])
    }
  }
}
