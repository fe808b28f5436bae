import BoundedJSON
import Report

/// A value for each pair of settings. Every cell has its number, so that no colour needs to be read.
struct HeatMap {
  var name: String
  var title: String
  /// What the columns and the rows are.
  var columnTitle: String
  var rowTitle: String
  var columns: [String]
  var rows: [String]
  /// Row by row; nil where nothing was measured.
  var values: [[Double?]]
  var text: @Sendable (Double) -> String

  private static let left = 130.0
  private static let top = 58.0
  private static let rowHeight = 34.0

  func chart(description: String) -> Chart {
    let known = values.flatMap { $0.compactMap(\.self) }
    let least = known.min() ?? 0
    let most = known.max() ?? 1
    let width = (Chart.width - Self.left - 8) / Double(max(1, columns.count))
    let room = max(3, Int(clamping: width / 8))
    var parts = [
      Chart.label("\(Chart.short(columnTitle, 24)) →", x: Self.left, y: 18),
      Chart.label("\(Chart.short(rowTitle, 14)) ↓", x: 4, y: 44),
    ]
    for (index, column) in columns.enumerated() {
      let x = Self.left + (Double(index) + 0.5) * width
      parts.append(Chart.label(Chart.short(column, room), x: x, y: 44, anchor: .middle, kind: "tick"))
    }
    for (line, row) in rows.enumerated() {
      let y = Self.top + Double(line) * Self.rowHeight
      parts.append(Chart.label(Chart.short(row, 16), x: 4, y: y + 21, kind: "tick"))
      for (index, value) in zip(columns.indices, values[line]) {
        let x = Self.left + Double(index) * width
        // At most 45 %: text of the same ink stays readable on all of them, in light and dark.
        let strength = value.map { most > least ? 0.05 + 0.4 * ($0 - least) / (most - least) : 0.2 }
        let words = value.map(text) ?? "not measured"
        parts.append(
          .element(
            "rect",
            [
              "class": value == nil ? "missing" : "cell", "x": Chart.number(x), "y": Chart.number(y),
              "width": Chart.number(width), "height": Chart.number(Self.rowHeight),
              "fill-opacity": (strength ?? 0).text(decimals: 3),
            ], .element("title", [:], .text("\(row), \(columns[index]): \(words)"))))
        parts.append(
          Chart.label(
            value == nil ? "–" : Chart.short(words, max(4, Int(clamping: width / 6.5))), x: x + width / 2, y: y + 21,
            anchor: .middle, kind: "label"))
      }
    }
    return Chart(
      name: name, title: title, description: description, height: Self.top + Double(rows.count) * Self.rowHeight + 8,
      contents: parts)
  }
}
