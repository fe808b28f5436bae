import Benchmark
import BoundedJSON
import Report

/// Shows runs to a person, as they happen.
final class TextPrinter: RunObserver {
  private let stream: ReportStream
  private let isVerbose: Bool
  private var text: TextReport
  private let rule = String(repeating: "-", count: 59)

  init(_ stream: ReportStream, role: RunReport.Role, verbose: Bool) {
    self.stream = stream
    isVerbose = verbose
    text = TextReport(role: role, verbose: verbose, colour: ReportStream.wantsColour)
  }

  func listening(on local: Endpoint, mode: ModeChoice) {
    text = TextReport(
      role: .server, receiveMode: mode.mode.rawValue, verbose: isVerbose, colour: ReportStream.wantsColour)
    var lines = [
      rule, "Server listening on \(local.port)", "Receiving with \(mode.mode.rawValue): \(mode.mode.explanation)",
    ]
    if let reason = mode.reason { lines.append("Reason: \(reason)") }
    stream.write(lines: lines + [rule])
  }

  func started(_ report: RunReport) {
    stream.write(lines: text.startLines(report))
  }

  func interval(_ interval: IntervalReport) {
    stream.write(lines: text.intervalLines(interval), isOptional: true)
  }

  func refused(_ reason: String) {
    DiagnosticLog.sayOften("error: \(reason)")
  }

  func finished(_ run: FinishedRun) {
    var report = run.report
    report.notes += [stream.takeLeftOut()].compactMap(\.self)
    stream.write(lines: text.summaryLines(report))
    if let output = run.serverOutputText {
      stream.write(lines: ["", "Server output:"] + output.split(separator: "\n").map { $0.printable })
    } else if let output = run.serverOutput {
      stream.write(lines: ["", "Server output:"] + lines(ofServer: output))
    }
    if run.report.role == .server { stream.write(lines: [rule]) }
  }

  /// A zcrx-bench server's report reads like this side's; any other server's JSON is shown as it is.
  private func lines(ofServer output: JSONValue) -> [String] {
    guard let json = output.object?["zcrx_bench"], let report = try? RunReport(json: json) else {
      return [output.text(pretty: true)]
    }
    let text = TextReport(role: .server, receiveMode: report.settings.mode)
    return text.startLines(report) + report.intervals.flatMap(text.intervalLines) + text.summaryLines(report)
  }
}
