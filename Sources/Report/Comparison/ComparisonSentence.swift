import Statistics

extension ModeAnalysis {
  /// One sentence on the mode, without a claim that its numbers do not bear: `zc: 1.41× epoll, CPU per GiB 0.55×, n = 7`.
  public var sentence: String {
    let name = mode.label.map { "\(mode.name) (\($0))" } ?? mode.name
    if let reason = mode.unavailable { return "\(name): could not run: \(reason)" }
    guard count > 0, let median = estimate(.throughput) else { return "\(name): no run of it counts" }
    guard let base else { return "\(name): \(median.text(in: .bitsPerSecond)), n = \(count)" }
    guard let throughput = ratio(.throughput) else {
      return "\(name): \(median.text(in: .bitsPerSecond)), n = \(count); no round has both it and \(base.name)"
    }
    let cpu = ratio(.cpu)
    let pairs = throughput.estimate.count
    switch (throughput.verdict, cpu?.verdict) {
    case (.tooFew(let needed), _):
      return "\(name): \(throughput.estimate.ratioText) \(base.name) at the median\(words(cpu)), "
        + "n = \(pairs): too few to call a difference (\(needed) rounds can)"
    case (.noDifference, nil), (.noDifference, .noDifference), (.noDifference, .tooFew):
      return "\(name): no difference from \(base.name) that this run can show "
        + "(\(throughput.estimate.ratioText)\(words(cpu)), n = \(pairs))"
    case (.noDifference, _):
      return "\(name): throughput without a difference from \(base.name) that this run can show "
        + "(\(throughput.estimate.ratioText))\(words(cpu)), n = \(pairs)"
    case (.higher, _), (.lower, _):
      return "\(name): \(throughput.estimate.ratioText) \(base.name)\(words(cpu)), n = \(pairs)"
    }
  }

  private func words(_ cpu: PairedRatio?) -> String {
    guard let cpu else { return "" }
    let doubt = cpu.verdict == .noDifference ? " (no difference that this run can show)" : ""
    return ", CPU per GiB \(cpu.estimate.ratioText)\(doubt)"
  }
}

extension Estimate {
  /// `1.41×`.
  public var ratioText: String { "\(median.text(decimals: median < 0.1 ? 3 : 2))×" }

  /// `1.41× [1.38, 1.44]`.
  public var ratioTextWithInterval: String {
    let interval = interval.map { " [\($0.lower.text(decimals: 2)), \($0.upper.text(decimals: 2))]" }
    return ratioText + (interval ?? "")
  }

  /// `9.41 Gb/s [9.30 Gb/s, 9.52 Gb/s]`.
  public func text(in unit: MetricUnit) -> String {
    guard let interval else { return unit.text(median) }
    return "\(unit.text(median)) [\(unit.text(interval.lower)), \(unit.text(interval.upper))]"
  }
}
