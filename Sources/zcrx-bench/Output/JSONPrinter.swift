import Benchmark
import BoundedJSON
import Report

/// Writes one iperf3 `-J` document per run, when it is over.
final class JSONPrinter: RunObserver {
  private let stream: ReportStream

  /// False where a text report stands beside the document, which says the rest.
  private let isAlone: Bool

  init(_ stream: ReportStream, isAlone: Bool) {
    self.stream = stream
    self.isAlone = isAlone
  }

  func listening(on local: Endpoint, mode: ModeChoice) {
    // The document has no place for it, and a caller that chose port 0 must learn the port.
    if isAlone { DiagnosticLog.say("Server listening on \(local.port)") }
  }

  func started(_ report: RunReport) {}
  func interval(_ interval: IntervalReport) {}

  func refused(_ reason: String) {
    if isAlone { DiagnosticLog.sayOften("error: \(reason)") }
    write(IperfDocument.refusal(reason, toolVersion: ZcrxBench.version))
  }

  func finished(_ run: FinishedRun) {
    if isAlone, let reason = run.report.outcome.reason {
      DiagnosticLog.sayOften("\(run.report.outcome.status): \(reason)")
    }
    write(
      IperfDocument.document(
        for: run.report, serverOutput: run.serverOutput, serverOutputText: run.serverOutputText, error: nil))
  }

  private func write(_ document: JSONValue) {
    stream.write(document.serialized(pretty: true) + [UInt8(ascii: "\n")])
  }
}
