import Report
import Statistics

/// The pictures of a comparison.
struct ComparisonCharts {
  let analysis: ComparisonAnalysis

  var charts: [Chart] {
    [
      medians(.throughput, name: "comparison", title: "Throughput by mode", unit: "Gb/s", scale: 1e-9),
      medians(.cpu, name: "cpu", title: "Receiver's CPU time by mode", unit: "CPU seconds per GiB", scale: 1),
      medians(.dram, name: "dram", title: "Memory traffic by mode", unit: "DRAM bytes per byte", scale: 1),
      brackets,
    ].compactMap(\.self)
  }

  private func medians(_ metric: Metric, name: String, title: String, unit: String, scale: Double) -> Chart? {
    let rows = analysis.modes.compactMap { mode in
      mode.estimate(metric).map { estimate in
        RangeChart.Row(
          label: mode.mode.name, least: (estimate.interval?.lower ?? estimate.median) * scale,
          point: estimate.median * scale, most: (estimate.interval?.upper ?? estimate.median) * scale,
          text: metric.text(estimate.median))
      }
    }
    guard !rows.isEmpty else { return nil }
    return RangeChart(name: name, title: "\(title): medians, 95 % intervals", axisTitle: unit, rows: rows)
      .chart(description: rows.map { "\($0.label) \($0.text)" }.joined(separator: ", "))
  }

  private var brackets: Chart? {
    let rows = analysis.modes.compactMap { mode -> RangeChart.Row? in
      guard let least = mode.estimate(.zeroCopyProven), let most = mode.estimate(.zeroCopyPossible) else { return nil }
      let text = "\(Metric.zeroCopyProven.text(least.median)) to \(Metric.zeroCopyPossible.text(most.median))"
      return RangeChart.Row(
        label: mode.mode.name, least: least.median * 100, point: nil, most: most.median * 100, text: text)
    }
    guard !rows.isEmpty else { return nil }
    return RangeChart(
      name: "zero-copy", title: "Not copied by the kernel: proven to possible", axisTitle: "% of bytes", rows: rows,
      scale: Scale(exactly: 100, step: 20)
    ).chart(description: rows.map { "\($0.label) \($0.text)" }.joined(separator: ", "))
  }
}
