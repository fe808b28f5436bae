import Report

extension ServerContext {
  /// The run as a client sees it that asked for the server's output: JSON for our own client or when the server's output is
  /// JSON, as iperf3 does; text otherwise.
  func output(of run: FinishedRun, asJSON: Bool) -> FinishedRun {
    var shown = run
    if asJSON {
      shown.serverOutput = IperfDocument.document(
        for: run.report, serverOutput: nil, serverOutputText: nil, error: run.report.outcome.reason)
    } else {
      let text = TextReport(role: .server, receiveMode: run.report.settings.mode)
      let lines = text.startLines(run.report) + run.report.intervals.flatMap(text.intervalLines) + text.summaryLines(run.report)
      shown.serverOutputText = lines.map { $0 + "\n" }.joined()
    }
    return shown
  }
}
