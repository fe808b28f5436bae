/// The block at the end: the four lines of Jonathan Lemon's io_uring-net (`copy bytes`, `ZC bytes`, `Total bytes`,
/// `Rate`), the processor, then what is needed to judge them.
struct ClosingBlock {
  let report: RunReport

  var lines: [TextLine] {
    var lines = [
      TextLine(" copy bytes: \(bounds(\.copied))", .strong),
      TextLine("   ZC bytes: \(bounds(\.zeroCopied))", .strong),
      TextLine("Total bytes: \(total)", .strong),
      TextLine("       Rate: \(rate)", .strong),
      TextLine("        CPU: \(ProcessorText(report: report).sentence)", .strong),
    ]
    lines += CostText(report: report).lines + CPUText(cpus: report.cpus).lines + LimitText.lines(for: report.limit)
    lines += DisturbanceText.lines(for: report.disturbances)
    if let account = report.copyAccount {
      lines.append(TextLine("     Method: \(account.method)"))
      if account.discarded > 0 {
        lines.append(TextLine("  Discarded: \(account.discarded.counted("byte")), \(ModeText.notReceived)"))
      }
    }
    lines += lost + unread + omitted + difference
    if let verification = report.verification { lines.append(VerificationText.line(for: verification)) }
    return lines
  }

  /// A figure is a point only where it is exact.
  private func bounds(_ figure: KeyPath<CopyAccount, ByteBounds?>) -> String {
    guard let account = report.copyAccount else {
      return report.role == .client ? "unknown (the receiver did not tell)" : "unknown (nothing was received)"
    }
    guard let bounds = account[keyPath: figure] else { return "unknown (\(account.method))" }
    return bounds.text
  }

  private var total: String {
    guard let transfer = report.received ?? report.sent else { return "unknown (neither side's account is known)" }
    let nanoseconds = (transfer.seconds * 1e9).text(decimals: 0)
    return "\(transfer.bytes), nsec: \(nanoseconds)\(qualification)"
  }

  private var rate: String {
    guard let transfer = report.received ?? report.sent else { return "unknown" }
    guard transfer.seconds > 0 else { return "unknown (no time passed)" }
    return ScaledQuantity.shortBitRate(transfer.bitsPerSecond) + qualification
  }

  private var qualification: String {
    var words: [String] = []
    if report.received == nil { words.append("the sender's account: the receiver's never arrived") }
    if ModeText.isDiscarding(report) { words.append(ModeText.notReceived) }
    return words.isEmpty ? "" : " (\(words.joined(separator: "; ")))"
  }

  private var lost: [TextLine] {
    report.streams.filter { $0.lostBytes > 0 }.map { stream in
      TextLine(
        "       Lost: \(stream.lostBytes.counted("byte")) of stream \(TransferRow.label(of: stream.id)) arrived and could not be read; "
          + "they are in no figure above", .alarm)
    }
  }

  private var unread: [TextLine] {
    report.streams.filter { $0.unreadBytes > 0 }.map { stream in
      TextLine(
        "   Not read: \(stream.unreadBytes.counted("byte")) of stream \(TransferRow.label(of: stream.id)) lay in its socket when "
          + "receiving ended; they are in no figure above", .alarm)
    }
  }

  private var omitted: [TextLine] {
    guard report.settings.omit > 0 else { return [] }
    let bytes = report.streams.reduce(UInt64(0)) { $0 &+ $1.omittedBytes }
    let words = "\(bytes.counted("byte")) of the first \(report.settings.omit) s, in no figure above"
    return [TextLine("    Omitted: \(words)")]
  }

  /// Without omitted seconds both sides count the same bytes, and a difference is bad news. With them each side starts
  /// counting by its own clock, and what is under way at that moment is in one account only.
  private var difference: [TextLine] {
    guard let sent = report.sent, let received = report.received, sent.bytes != received.bytes else { return [] }
    let isShort = received.bytes < sent.bytes
    let bytes = isShort ? sent.bytes - received.bytes : received.bytes - sent.bytes
    let words = " Difference: sent \(sent.bytes.counted("byte")), received \(bytes) \(isShort ? "fewer" : "more")"
    // Nobody receives more than was sent: a client that counts less has left something out of its own account.
    if !isShort, report.role == .server, report.settings.omit == 0 {
      return [TextLine("\(words): the client's account lacks them")]
    }
    guard report.settings.omit > 0 else { return [TextLine(words, .alarm)] }
    return [TextLine("\(words): each side ended the omitted seconds by its own clock")]
  }
}
