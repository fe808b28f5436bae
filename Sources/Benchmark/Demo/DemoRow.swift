import Report

/// One run of a demo, for its table.
struct DemoRow {
  let mode: ReceiveMode
  let method: SendMethod
  let result: Result<RunReport, BenchmarkError>

  var isComplete: Bool {
    if case .success = result { return true }
    return false
  }

  /// The run in a few words.
  var brief: String {
    switch result {
    case .success(let report): report.received.map { "\(rate($0)) Gb/s" } ?? "the server gave no figures"
    case .failure(let error): "FAILED: \(error)"
    }
  }

  static func table(_ rows: [DemoRow]) -> [String] {
    var table = TextTable(columns: [
      ("mode", .left), ("sender", .left), ("Gb/s", .right), ("receiver CPU-s/GiB", .right),
      ("sender CPU-s/GiB", .right), ("retransmits", .right), ("copied", .right), ("zero-copied", .right), ("", .left),
    ])
    for row in rows { table.add(row.cells) }
    return table.lines
  }

  private var cells: [String] {
    guard case .success(let report) = result, let received = report.received else {
      return [mode.rawValue, method.rawValue, "", "", "", "", "", "", brief]
    }
    let account = report.copyAccount
    return [
      mode.rawValue, method.rawValue, rate(received), cost(report.processor.peer?.totalPercent, received),
      cost(report.processor.totalPercent, received), report.retransmits.map { "\($0)" } ?? "unknown",
      share(account?.copied, of: received.bytes), share(account?.zeroCopied, of: received.bytes),
      account.map { $0.discarded > 0 ? "not received into user memory" : "" } ?? "",
    ]
  }

  private func rate(_ transfer: Transfer) -> String { (transfer.bitsPerSecond / 1e9).text(decimals: 1) }

  /// CPU seconds per GiB from percent of one CPU over the transfer's time.
  private func cost(_ percent: Double?, _ transfer: Transfer) -> String {
    guard let percent, transfer.bytes > 0 else { return "unknown" }
    return (percent / 100 * transfer.seconds / (Double(transfer.bytes) / 0x1p30)).text(decimals: 3)
  }

  /// Never a point where only bounds are known.
  private func share(_ bounds: ByteBounds?, of bytes: UInt64) -> String {
    guard let bounds, bytes > 0 else { return "unknown" }
    let percent = { (part: UInt64) in (Double(part) / Double(bytes) * 100).text(decimals: 0) }
    let (low, high) = (percent(bounds.atLeast), percent(bounds.atMost))
    return bounds.isExact ? "\(low) %" : "\(low) to \(high) %"
  }
}
