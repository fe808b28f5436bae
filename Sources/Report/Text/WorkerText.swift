/// The threads of this side one by one, and the distributions; only in a verbose report.
struct WorkerText {
  let report: RunReport

  var lines: [TextLine] {
    var lines = report.workers.map { worker in
      TextLine(
        "  Worker \("\(worker.index)".leftPadded(to: 3)): \(place(of: worker)), "
          + "\(streams(of: worker)), "
          + "user \(worker.user.text(decimals: 3)) s, system \(worker.system.text(decimals: 3)) s, "
          + "\(worker.calls.counted("call")), "
          + "switches \(worker.voluntarySwitches) voluntary and \(worker.involuntarySwitches) involuntary"
          + faults(of: worker))
    }
    if let sizes = report.callSizes { lines.append(Self.distribution(" Call sizes", sizes, unit: "bytes")) }
    if let lateness = report.samplerLateness { lines.append(Self.distribution("Sample late", lateness, unit: "us")) }
    return lines
  }

  private func place(of worker: WorkerReport) -> String {
    worker.cpu.map { "on CPU \($0)" }
      ?? "not pinned" + (worker.lastCPU.map { ", at last on CPU \($0)" } ?? "")
  }

  private func faults(of worker: WorkerReport) -> String {
    guard let minor = worker.minorFaults, let major = worker.majorFaults else { return "" }
    return ", page faults \(minor) minor and \(major) major"
  }

  /// A thread has none of the streams where there are more threads than streams.
  private func streams(of worker: WorkerReport) -> String {
    let streams = worker.streams.map { "\($0)" }.joined(separator: " ")
    return worker.streams.isEmpty ? "no streams" : "\(worker.streams.count == 1 ? "stream" : "streams") \(streams)"
  }

  static func distribution(_ title: String, _ samples: DistributionReport, unit: String) -> TextLine {
    TextLine(
      "\(title): \(samples.count.counted("sample")), smallest \(samples.minimum), median \(samples.median), "
        + "99 % within \(samples.percentile99), largest \(samples.maximum) \(unit)")
  }
}
