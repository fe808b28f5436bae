import Testing

@testable import Report

@Suite("Text for a terminal")
struct TerminalSafetyTests {
  static let hostile = "a\u{1b}[2J\n\r\t\u{7}\"b\"\u{202e}gnp.exe\u{9b}31m\u{2028}\u{0}\u{7f}\u{200b}é日本"

  @Test("What a peer wrote cannot steer the terminal, wherever it stands")
  func hostileStrings() throws {
    var report = ExampleRuns.zeroCopy()
    let hostile = Self.hostile
    report.zeroCopy?.queues[0].refusedOptions = [hostile]
    report.zeroCopy?.likelyCauses = [hostile]
    report.streams[0].copyAccount?.method = hostile
    report.peer.host = hostile
    report.outcome = Outcome(.failed, reason: hostile)
    report.notes = [hostile]
    report.settings.send = hostile
    report.settings.mode = hostile
    report.settings.modeReason = hostile
    report.settings.requestedMode = hostile + "2"
    report.settings.interface = hostile
    report.settings.queues = hostile
    report.environment.host = hostile
    report.environment.cpuModel = hostile
    report.environment.kernel = hostile
    report.environment.architecture = hostile
    report.environment.defaultCongestion = hostile
    report.toolVersion = hostile
    report.peerCongestion = hostile
    report.copyAccount?.method = hostile
    report.copyAccount?.copied = nil
    for index in report.streams.indices {
      report.streams[index].failure = hostile
      report.streams[index].local.host = hostile
      report.streams[index].remote.host = hostile
      report.streams[index].tcp?.congestion = hostile
    }
    let text = TextReport(role: .server, verbose: true)
    let lines = text.startLines(report) + report.intervals.flatMap(text.intervalLines) + text.summaryLines(report)
    for scalar in lines.joined().unicodeScalars {
      let category = scalar.properties.generalCategory
      #expect(category != .control && category != .format && category != .lineSeparator, "\(scalar.value)")
    }
    #expect(
      lines.contains(
        "*** FAILED: a\\u{1b}[2J\\u{a}\\u{d}\\u{9}\\u{7}\"b\"\\u{202e}gnp.exe\\u{9b}31m\\u{2028}\\u{0}\\u{7f}\\u{200b}"
          + "é日本 ***"))
  }

  @Test("Colour wraps whole lines, and only when it is asked for")
  func colour() {
    var report = ExampleRuns.partialRaw()
    report.outcome.reason = "\u{1b}[0m"
    let plain = TextReport(role: .server).summaryLines(report)
    let coloured = TextReport(role: .server, colour: true).summaryLines(report)
    #expect(coloured.contains("\u{1b}[1;31m*** PARTIAL: \\u{1b}[0m ***\u{1b}[0m"))
    let stripped = coloured.map { line in
      ["\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"].reduce(line) { text, code in
        text.split(separator: code, omittingEmptySubsequences: false).joined()
      }
    }
    #expect(stripped == plain)
  }
}
