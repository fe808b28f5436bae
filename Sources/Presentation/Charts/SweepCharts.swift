import Report
import Statistics

/// The pictures of a sweep: the last axis across, all others down.
struct SweepCharts {
  let sweep: Sweep

  var charts: [Chart] {
    [(Metric.throughput, "sweep"), (Metric.cpu, "sweep-cpu")].compactMap { map($0, name: $1) }
  }

  private func map(_ metric: Metric, name: String) -> Chart? {
    guard let across = sweep.axes.last, !across.values.isEmpty else { return nil }
    let down = sweep.axes.dropLast()
    // A product without end is no picture, and is not even made.
    guard across.values.count <= 60, sweep.pointCount <= 200 * across.values.count else { return nil }
    let rows = down.reduce([[]]) { rows, axis in rows.flatMap { row in axis.values.map { row + [$0] } } }
    var values: [[String]: Double] = [:]
    for point in sweep.points { values[point.values] = point.estimate(metric)?.median }
    guard !values.isEmpty else { return nil }
    return HeatMap(
      name: name, title: "\(metric.name) by setting", columnTitle: across.name,
      rowTitle: down.map(\.name).joined(separator: ", "), columns: across.values,
      rows: rows.map { $0.isEmpty ? "all" : $0.joined(separator: ", ") },
      values: rows.map { row in across.values.map { values[row + [$0]] } }, text: { metric.text($0) }
    ).chart(description: "Medians of \(metric.name); every cell has its number, and the table below has them all")
  }
}
