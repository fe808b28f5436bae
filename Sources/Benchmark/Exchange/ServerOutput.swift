import Report

extension ServerContext {
  /// The run as any client may see it, who is not asked who it is: what was measured, and of the machine what
  /// `--share-environment` allows.
  func shared(_ run: FinishedRun) -> FinishedRun {
    var shared = run
    if !configuration.sharesEnvironment { shared.report.environment = run.report.environment.withheld }
    return shared
  }

  /// Bytes; together with the rest of the results within what our own client accepts (`MessageLimits.serverResults`).
  private static let longestOutput = 8 << 20

  /// The run as a client sees it that asked for the server's output: JSON for our own client or when the server's output is
  /// JSON, as iperf3 does; text otherwise.
  func output(of run: FinishedRun, asJSON: Bool) -> FinishedRun {
    var shown = run
    if asJSON {
      let document = IperfDocument.document(
        for: run.report, serverOutput: nil, serverOutputText: nil, error: run.report.outcome.reason)
      guard document.serialized().count <= ServerContext.longestOutput else {
        shown.serverOutputText =
          "the server's output is longer than \(ServerContext.longestOutput) bytes: ask for fewer intervals"
        return shown
      }
      shown.serverOutput = document
    } else {
      let text = TextReport(role: .server, receiveMode: run.report.settings.mode)
      let lines =
        text.startLines(run.report) + run.report.intervals.flatMap(text.intervalLines) + text.summaryLines(run.report)
      shown.serverOutputText = String(
        decoding: lines.map { $0 + "\n" }.joined().utf8.prefix(ServerContext.longestOutput), as: UTF8.self)
    }
    return shown
  }
}
