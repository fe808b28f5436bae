/// The views of a run for a person at a terminal, in the spirit of iperf3.
///
/// Lines hold no control codes unless colour is asked for, whatever a peer put into names and messages.
public struct TextReport: Sendable {
  let role: RunReport.Role
  let mode: String?
  let isVerbose: Bool
  let colour: Bool

  /// - Parameters:
  ///   - role: decides the columns: only a sender knows retransmissions and its congestion window.
  ///   - receiveMode: the mode in use, if known before the transfer: intervals of `discard` are marked.
  ///   - verbose: adds a block for every worker, where each stream came in, and the distributions.
  ///   - colour: wraps lines in SGR sequences; for a terminal only.
  public init(role: RunReport.Role, receiveMode: String? = nil, verbose: Bool = false, colour: Bool = false) {
    self.role = role
    mode = receiveMode
    isVerbose = verbose
    self.colour = colour
  }

  /// When the connections stand: who is connected, how bytes will be received or sent, the connections, the header of
  /// the interval table.
  public func startLines(_ report: RunReport) -> [String] {
    let mode = ModeText.sentence(for: report)
    var lines = [TextLine(greeting(report)), TextLine(mode.prefix(1).uppercased() + mode.dropFirst())]
    lines.append(TextLine(testDescription(report)))
    lines += report.streams.map { stream in
      TextLine(
        "\(TransferRow.label(of: stream.id)) local \(stream.local.host) port \(stream.local.port) "
          + "connected to \(stream.remote.host) port \(stream.remote.port)")
    }
    lines += zeroCopy(of: report)?.openingLines ?? []
    lines.append(TextLine(TransferRow.header(retransmits: role == .client, congestionWindow: true), .strong))
    return rendered(lines)
  }

  /// One row for every stream, and their sum where there is more than one.
  public func intervalLines(_ interval: IntervalReport) -> [String] {
    let hasSum = interval.streams.count > 1
    let emphasis: TextLine.Emphasis = interval.omitted ? .faint : .none
    var lines: [TextLine] = []
    if hasSum, interval.start > 0 { lines.append(TextLine(TransferRow.separator)) }
    for stream in interval.streams {
      var row = row(of: interval, stream: stream.id, bytes: stream.bytes)
      row.retransmits = stream.retransmits
      row.congestionWindow = stream.congestionWindow
      if !hasSum { add(marksOf: interval, to: &row) }
      lines.append(TextLine(row.text, emphasis))
    }
    if hasSum {
      var row = row(of: interval, stream: nil, bytes: interval.bytes)
      row.retransmits = interval.retransmits
      add(marksOf: interval, to: &row)
      lines.append(TextLine(row.text, interval.omitted ? .faint : .strong))
    }
    return rendered(lines)
  }

  /// When the run is over: every stream, the sum, the closing block, what qualifies the numbers.
  public func summaryLines(_ report: RunReport) -> [String] {
    let outcome = OutcomeText.banner(for: report.outcome)
    var lines = [TextLine(TransferRow.separator)]
    lines += outcome
    lines += SummaryTable(report: report).lines
    lines.append(TextLine(""))
    lines += ClosingBlock(report: report).lines
    lines += report.transmit.map { TransmitText(transmit: $0).lines } ?? []
    lines += report.memory.map { MemoryText(memory: $0).lines } ?? []
    let zeroCopy = zeroCopy(of: report)
    lines += zeroCopy?.lines ?? []
    lines += PlacementText.lines(for: report.polling)
    if isVerbose || report.placement?.wish != .automatic { lines += PlacementText.lines(for: report.placement) }
    let environment = EnvironmentText(report: report)
    lines += environment.lines
    if isVerbose {
      lines += environment.detailedLines + WorkerText(report: report).lines
      lines += DisturbanceText.detailedLines(for: report.disturbances)
      lines += CPUText(cpus: report.cpus).detailedLines + PlacementText.detailedLines(for: report.polling)
    }
    lines += report.notes.map { TextLine("       Note: \($0)") }
    lines += zeroCopy?.causes ?? []
    lines += outcome
    return rendered(lines)
  }

  private func row(of interval: IntervalReport, stream: Int?, bytes: UInt64) -> TransferRow {
    var row = TransferRow(
      stream: stream, transfer: Transfer(bytes: bytes, start: interval.start, end: interval.end))
    row.add(mark: interval.omitted ? "(omitted)" : nil)
    row.add(mark: mode == ModeText.discard ? "(\(ModeText.notReceived))" : nil)
    return row
  }

  private func zeroCopy(of report: RunReport) -> ZeroCopyText? {
    report.zeroCopy.map { ZeroCopyText(zeroCopy: $0, streams: report.streams, isVerbose: isVerbose) }
  }

  private func add(marksOf interval: IntervalReport, to row: inout TransferRow) {
    row.add(mark: zeroCopied(in: interval))
    row.add(mark: interval.memory?.mark(payload: interval.bytes))
  }

  /// The share of an interval that was not copied; nil where that is not known.
  private func zeroCopied(in interval: IntervalReport) -> String? {
    interval.zeroCopied.flatMap { $0.share(of: interval.bytes) }.map { "zc \($0)" }
  }

  private func greeting(_ report: RunReport) -> String {
    let peer = "\(report.peer.host) port \(report.peer.port)"
    return switch (report.role, report.kind) {
    case (.client, _): "Connected to \(peer)"
    case (.server, .iperf3): "Accepted connection from \(peer)"
    case (.server, .raw): "Accepted raw stream from \(peer), received until it ends"
    }
  }

  private func testDescription(_ report: RunReport) -> String {
    let settings = report.settings
    var parts = [settings.streams.counted("stream")]
    parts.append("blocks of \(settings.blockLength.counted("byte"))")
    if settings.omit > 0 { parts.append("the first \(settings.omit) s omitted") }
    if settings.bytes > 0 { parts.append("\(settings.bytes.counted("byte")) to send") }
    if settings.blocks > 0 { parts.append("\(settings.blocks.counted("block")) to send") }
    if settings.duration > 0 { parts.append("\(settings.duration) s") }
    if settings.bandwidth > 0 {
      parts.append("at most \(settings.bandwidth) bits/s for each stream")
    }
    if settings.verify { parts.append("every byte verified") }
    return "Test: \(parts.joined(separator: ", "))"
  }

  private func rendered(_ lines: [TextLine]) -> [String] {
    lines.map { $0.rendered(colour: colour) }
  }
}
