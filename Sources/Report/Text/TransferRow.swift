/// One row of the table of transfers, in iperf3's columns.
struct TransferRow {
  static let separator = "- - - - - - - - - - - - - - - - - - - - - - - - -"

  /// Column titles; only a sender knows retransmissions, and only an interval has a congestion window.
  static func header(retransmits: Bool, congestionWindow: Bool) -> String {
    var header = "[ ID] Interval           Transfer     Bitrate"
    if retransmits { header += "         Retr" }
    if retransmits && congestionWindow { header += "  Cwnd" }
    return header
  }

  /// Nil is the sum of all streams.
  var stream: Int?
  var transfer: Transfer
  var retransmits: UInt64?
  var congestionWindow: UInt32?
  var mark: String = ""

  init(stream: Int?, transfer: Transfer) {
    self.stream = stream
    self.transfer = transfer
  }

  /// Adds one more word on what the row is.
  mutating func add(mark more: String?) {
    guard let more else { return }
    mark += mark.isEmpty ? more : " \(more)"
  }

  var text: String {
    let start = transfer.start.text(decimals: 2).leftPadded(to: 6)
    let end = transfer.end.text(decimals: 2).rightPadded(to: 6)
    let bytes = ScaledQuantity.bytes(transfer.bytes).rightPadded(to: 11)
    let rate = ScaledQuantity.bitRate(transfer.bitsPerSecond).rightPadded(to: 14)
    let retransmits = (retransmits.map { "\($0)" } ?? "").leftPadded(to: 3)
    let window = (congestionWindow.map { ScaledQuantity.bytes(UInt64($0)) } ?? "").rightPadded(to: 11)
    return "\(Self.label(of: stream)) \(start)-\(end) sec  \(bytes)  \(rate)  \(retransmits)   \(window)  \(mark)"
  }

  static func label(of stream: Int?) -> String {
    guard let stream else { return "[SUM]" }
    return "[\("\(stream)".leftPadded(to: 3))]"
  }
}
