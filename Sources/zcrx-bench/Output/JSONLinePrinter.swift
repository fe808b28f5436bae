import Benchmark
import BoundedJSON
import Report

/// Writes a line of JSON for every event of a run, as it happens (iperf3's `--json-stream`).
final class JSONLinePrinter: RunObserver {
  private let stream: ReportStream
  private let role: RunReport.Role

  init(_ stream: ReportStream, role: RunReport.Role) {
    self.stream = stream
    self.role = role
  }

  func listening(on local: Endpoint, mode: ModeChoice) {
    DiagnosticLog.say("Server listening on \(local.port)")
  }

  func started(_ report: RunReport) {
    write([IperfDocument.startEvent(for: report)])
  }

  func interval(_ interval: IntervalReport) {
    write([IperfDocument.intervalEvent(interval, role: role)], isOptional: true)
  }

  func refused(_ reason: String) {
    DiagnosticLog.sayOften("error: \(reason)")
    write([.object(["event": .string("error"), "data": .string(reason)])])
  }

  func finished(_ run: FinishedRun) {
    if let reason = run.report.outcome.reason { DiagnosticLog.sayOften("\(run.report.outcome.status): \(reason)") }
    var report = run.report
    report.notes += [stream.takeLeftOut()].compactMap(\.self)
    write(
      IperfDocument.endEvents(
        for: report, serverOutput: run.serverOutput, serverOutputText: run.serverOutputText, error: nil))
  }

  private func write(_ events: [JSONValue], isOptional: Bool = false) {
    for event in events { stream.write(event.serialized() + [UInt8(ascii: "\n")], isOptional: isOptional) }
  }
}
