/// The rows after the last interval: every stream as its sender and as its receiver counted it, and their sums.
struct SummaryTable {
  let report: RunReport

  var lines: [TextLine] {
    var lines = [
      TextLine(TransferRow.header(retransmits: report.role == .client, congestionWindow: false), .strong)
    ]
    for stream in report.streams {
      lines += rows(
        stream: stream.id, sent: stream.sent, received: stream.received, retransmits: report.retransmits(of: stream))
      if let failure = stream.failure {
        lines.append(TextLine("\(TransferRow.label(of: stream.id)) *** FAILED: \(failure) ***", .alarm))
      }
    }
    if report.streams.count > 1 {
      lines += rows(stream: nil, sent: report.sent, received: report.received, retransmits: report.retransmits)
    }
    return lines
  }

  private func rows(stream: Int?, sent: Transfer?, received: Transfer?, retransmits: UInt64?) -> [TextLine] {
    var lines: [TextLine] = []
    if let sent {
      var row = TransferRow(stream: stream, transfer: sent)
      if report.role == .client { row.retransmits = retransmits }
      row.mark = "sender"
      lines.append(TextLine(row.text))
    }
    if let received {
      var row = TransferRow(stream: stream, transfer: received)
      row.mark = ModeText.isDiscarding(report) ? "receiver (\(ModeText.notReceived))" : "receiver"
      lines.append(TextLine(row.text))
    } else if report.role == .client {
      lines.append(TextLine("\(TransferRow.label(of: stream)) the receiver's account never arrived"))
    }
    return lines
  }
}
