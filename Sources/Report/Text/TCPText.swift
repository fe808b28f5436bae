/// Each stream's TCP state on its own, in a verbose report.
struct TCPText {
  let stream: StreamReport

  var lines: [TextLine] {
    guard let tcp = stream.tcp else { return [] }
    var parts = [
      "\(tcp.congestion.isEmpty ? "unknown" : tcp.congestion)", "round trip \(tcp.rtt) us, smallest \(tcp.minimumRtt)",
      "MSS in \(tcp.receiveMss)", "buffers \(tcp.sendBuffer) out and \(tcp.receiveBuffer) in",
    ]
    if let sending = tcp.sending {
      parts.append("retransmits \(tcp.retransmits)")
      parts.append("the peer's window \(tcp.sendWindow), congestion window \(tcp.congestionWindow)")
      parts.append(
        "busy \(seconds(sending.busy)) s, waiting for the window \(seconds(sending.windowLimited)) "
          + "and for the send buffer \(seconds(sending.bufferLimited))")
    }
    if let receiving = tcp.receiving {
      if let window = receiving.window { parts.append("window offered \(window)") }
      parts.append("out of order \(receiving.outOfOrder)")
      if let drops = receiving.drops { parts.append("dropped \(drops)") }
    }
    return [TextLine(" Stream \(TransferRow.label(of: stream.id)): \(parts.joined(separator: "; "))")]
  }

  private func seconds(_ microseconds: UInt64) -> String { (Double(microseconds) / 1e6).text(decimals: 3) }
}
