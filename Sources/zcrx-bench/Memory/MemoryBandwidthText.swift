import Benchmark
import Metering
import Report

/// `membw` for a person; rates in GB/s, powers of 1000.
enum MemoryBandwidthText {
  static func lines(for event: MemoryFollower.Event) -> [String] {
    switch event {
    case .source(let source, let remarks):
      return ([source.title] + [source.limitation].compactMap { $0 } + remarks).map { $0.printable }
    case .interval(let start, let end, let result):
      let span = "\(start.text(decimals: 2))-\(end.text(decimals: 2)) sec"
      switch result {
      case .failure(let failure): return ["\(span)  not available (\(failure.description))"]
      case .success(let traffic):
        let share = traffic.runningShare < 0.999 ? "  (counted \(percent(traffic.runningShare)) of the time)" : ""
        var lines = ["\(span)  \(MemoryText.rates(traffic))\(share)"]
        if traffic.sockets.count > 1 { lines += MemoryText.socketLines(traffic) }
        return lines
      }
    }
  }

  /// What is going to be measured.
  static func lines(for plan: CopyPlan, repetitions: Int) -> [String] {
    let first =
      "Copied by the CPU (memcpy), \(mebibytes(plan.size)) at once, median of \(repetitions); each byte copied is read "
      + "once and written once"
    guard let cache = plan.cache else {
      return [first, "Last-level caches: unknown, so that they may hold a part of what is copied"]
    }
    let warning =
      plan.fitsCaches
      ? ": what is copied is less than \(CopyPlan.timesCache) times that, and may stay in them in part" : ""
    return [first, "Last-level caches: \(mebibytes(Int(clamping: cache)))\(warning)"]
  }

  /// What was.
  static func lines(for calibration: CopyCalibration) -> [String] {
    var lines: [String] = []
    for ceiling in calibration.ceilings {
      let threads = ceiling.threads == 1 ? "1 thread" : "\(ceiling.threads) threads"
      lines.append(
        "\(threads): \(MemoryText.rate(ceiling.median)) copied (\(MemoryText.rate(ceiling.rates.first ?? 0)) to "
          + "\(MemoryText.rate(ceiling.rates.last ?? 0)))")
      guard let traffic = ceiling.traffic.map(MemoryTrafficReport.init), ceiling.copied > 0 else { continue }
      let ratio = Double(traffic.totalBytes) / Double(ceiling.copied)
      lines.append(
        "  memory: \(MemoryText.rates(traffic)); \(ratio.text(decimals: 2)) bytes for each byte copied")
    }
    if let source = calibration.source {
      lines.append("Counted by: \(source.title)\(source.limitation.map { "; \($0)" } ?? "")")
    } else if let reason = calibration.unavailable {
      lines.append(
        "Memory bandwidth: not available (\(reason)); the figures are what the CPU copied, not what memory moved")
    }
    return lines
  }

  private static func percent(_ share: Double) -> String { "\((share * 100).text(decimals: 0)) %" }

  private static func mebibytes(_ bytes: Int) -> String {
    bytes >= 1 << 20 ? "\((Double(bytes) / 1_048_576).text(decimals: 0)) MiB" : "\(bytes) bytes"
  }
}
