/// What became of the bytes that were sent: one line, where there is more to say than the method's name.
struct TransmitText {
  let transmit: TransmitReport

  var lines: [TextLine] {
    var parts: [String] = []
    if transmit.handover == .notified {
      parts.append(notified)
      if let writing = transmit.streamsWriting, writing > 0 {
        parts.append("\(writing) \(writing == 1 ? "stream" : "streams") went on with write")
        if let reason = transmit.reasonToWrite { parts.append(reason) }
      }
      if let refusals = transmit.refusals, refusals > 0 {
        parts.append("no room for a zero-copy send \(refusals) times")
      }
    }
    if transmit.retries > 0 { parts.append("nothing was taken by \(transmit.retries) calls") }
    return parts.isEmpty ? [] : [TextLine("   Transmit: \(parts.joined(separator: "; "))")]
  }

  private var notified: String {
    let copied = transmit.copiedNotifications ?? 0
    let all = transmit.notifications ?? 0
    var words =
      "\(transmit.zeroCopiedBytes ?? 0) bytes sent without a copy, \(transmit.copiedBytes ?? 0) copied "
      + "(\(copied) of \(all) notifications say so)"
    if let unsettled = transmit.unsettledBytes, unsettled > 0 {
      words += ", \(unsettled) of which the kernel did not tell in time"
    }
    return words
  }
}
