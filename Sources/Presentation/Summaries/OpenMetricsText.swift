import Report

/// Runs in the text format of OpenMetrics 1.0, for whatever collects such files: a gauge for each metric that is known
/// and a number, one for each gate, and whether the run completed; the mode is a label. What is not known has no sample.
public enum OpenMetricsText {
  /// - Parameter first: the number of the first run, where there were others before it.
  public static func text(for runs: [JudgedRun], first: Int = 1) -> String {
    let runs = Array(zip(first..., runs))
    var lines: [String] = []
    for metric in Metric.all {
      let samples = runs.compactMap { number, run in
        run.figures.first { $0.metric.name == metric.name }?.reading.value.map { (labels(number, run), $0) }
      }
      guard !samples.isEmpty else { continue }
      let name = name(of: metric)
      lines += ["# TYPE \(name) gauge"]
      if let unit = unit(of: metric) { lines.append("# UNIT \(name) \(unit)") }
      lines.append("# HELP \(name) \(escaped(metric.meaning))")
      lines += samples.map { "\(name){\($0.0)} \($0.1)" }
    }
    lines += family("zcrx_bench_completed", "Whether the run completed.", of: runs) { run in
      [("", run.failure == nil)]
    }
    lines += family("zcrx_bench_requirement_met", "Whether the gate was met.", of: runs) { run in
      run.results.map { (",requirement=\"\(escaped($0.requirement.text))\"", $0.isMet) }
    }
    return (lines + ["# EOF"]).map { $0 + "\n" }.joined()
  }

  private static func family(
    _ name: String, _ meaning: String, of runs: [(Int, JudgedRun)],
    _ samples: (JudgedRun) -> [(labels: String, holds: Bool)]
  ) -> [String] {
    var seen: Set<String> = []
    let lines = runs.flatMap { number, run in
      samples(run).map { "\(name){\(labels(number, run))\($0.labels)} \($0.holds ? 1 : 0)" }
    }
    guard !lines.isEmpty else { return [] }
    // The same gate may have been given twice; a sample may not.
    return ["# TYPE \(name) gauge", "# HELP \(name) \(meaning)"] + lines.filter { seen.insert($0).inserted }
  }

  private static func labels(_ number: Int, _ run: JudgedRun) -> String {
    var labels = [("run", "\(number)")]
    if let report = run.report {
      labels.append(("role", report.role.rawValue))
      labels.append(("peer", report.peer.host))
      if let mode = report.settings.mode { labels.append(("mode", mode)) }
    }
    return labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
  }

  /// The unit is the end of the name, as the format asks.
  private static func name(of metric: Metric) -> String {
    let name = "zcrx_bench_" + metric.name.map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    guard let unit = unit(of: metric), !name.hasSuffix("_\(unit)") else { return name }
    return "\(name)_\(unit)"
  }

  private static func unit(of metric: Metric) -> String? {
    switch metric.unit {
    case .bitsPerSecond: "bits_per_second"
    case .share, .ratio: "ratio"
    case .secondsPerGibibyte: "seconds_per_gibibyte"
    case .bytes: "bytes"
    case .seconds: "seconds"
    case .count, .name: nil
    }
  }

  private static func escaped(_ text: String) -> String {
    text.printable.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : String($0) }.joined()
  }
}
