/// Traffic of the memory in some lines; a rate in GB/s, powers of 1000, as memory is sold.
package struct MemoryText {
  let memory: MemoryReport

  var lines: [TextLine] {
    if let reason = memory.unavailable { return [Self.line("not available (\(reason))")] + remarks }
    guard let traffic = memory.traffic, traffic.seconds > 0 else {
      return [Self.line("not available (no time passed)")]
    }
    var lines = [Self.line("\(Self.rates(traffic))\(perPayloadByte)")]
    if traffic.sockets.count > 1 {
      lines += Self.socketLines(traffic).map { TextLine($0) }
    }
    if let source = memory.source {
      lines.append(TextLine("    Counted by: \(source.title)\(source.limitation.map { "; \($0)" } ?? "")"))
    }
    lines.append(TextLine("          Idle: \(idle)"))
    return lines + remarks
  }

  private static func line(_ text: String) -> TextLine {
    TextLine("Memory bandwidth: \(text)", .strong)
  }

  private var remarks: [TextLine] { memory.remarks.map { TextLine("        Memory: \($0)") } }

  /// One line for each socket.
  package static func socketLines(_ traffic: MemoryTrafficReport) -> [String] {
    traffic.sockets.map { socket in
      let figures = rates(socket.readBytes, socket.writeBytes, socket.totalBytes, seconds: traffic.seconds)
      return "       Socket \(socket.socket): \(figures)"
    }
  }

  /// "read 1.00 GB/s, write 2.00 GB/s, together 3.00 GB/s".
  package static func rates(_ traffic: MemoryTrafficReport) -> String {
    rates(traffic.readBytes, traffic.writeBytes, traffic.totalBytes, seconds: traffic.seconds)
  }

  private static func rates(_ read: UInt64?, _ write: UInt64?, _ total: UInt64, seconds: Double) -> String {
    let total = rate(Double(total) / seconds)
    guard let read, let write else { return "\(total), reads and writes together" }
    return "read \(rate(Double(read) / seconds)), write \(rate(Double(write) / seconds)), together \(total)"
  }

  private var perPayloadByte: String {
    guard let ratio = memory.bytesPerPayloadByte else { return "" }
    // What is not all traffic of the memory is not called that of the DRAM.
    let what = memory.source?.limitation == nil ? "DRAM bytes" : "bytes of what is counted"
    return "; \(ratio.text(decimals: 2)) \(what) per payload byte"
  }

  private var idle: String {
    guard let baseline = memory.baseline else {
      return "not taken off (\(memory.noBaseline ?? "it was not measured"))"
    }
    let age = baseline.age >= 1 ? ", \(baseline.age.text(decimals: 0)) s before" : ""
    return "\(Self.rate(baseline.totalRate)) over \(baseline.seconds.text(decimals: 1)) s\(age); "
      + "taken off in the figure per payload byte"
  }

  /// "12.34 GB/s".
  package static func rate(_ bytesPerSecond: Double) -> String { "\((bytesPerSecond / 1e9).text(decimals: 2)) GB/s" }
}

extension IntervalMemoryReport {
  /// For the end of an interval's row; nil where no time passed.
  func mark(payload: UInt64) -> String? {
    guard seconds > 0 else { return nil }
    let ratio = netBytes.flatMap { payload > 0 ? Double($0) / Double(payload) : nil }
    return "mem \(MemoryText.rate(Double(totalBytes) / seconds))"
      + (ratio.map { ", \($0.text(decimals: 2)) B/B" } ?? "")
  }
}
