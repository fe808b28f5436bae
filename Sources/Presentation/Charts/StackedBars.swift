import Report

/// Rows made of parts that add up.
struct StackedBars {
  struct Row {
    var label: String
    /// One for each part, in their order; none may be negative.
    var values: [Double]
  }

  var name: String
  var title: String
  var axisTitle: String
  var parts: [String]
  var rows: [Row]

  private static let left = 110.0
  private static let right = 16.0
  private static let top = 30.0
  private static let rowHeight = 34.0
  private static let legendLine = 18.0

  func chart(description: String) -> Chart {
    let scale = Scale(upTo: rows.map { $0.values.reduce(0, +) }.max() ?? 1)
    let bottom = Self.top + Double(rows.count) * Self.rowHeight
    let axis = AxisAcross(scale: scale, left: Self.left, right: Self.right)
    func x(_ value: Double) -> Double { axis.x(value) }
    var contents = axis.markup(title: axisTitle, top: Self.top, bottom: bottom)
    for (index, row) in rows.enumerated() {
      let y = Self.top + Double(index) * Self.rowHeight
      contents.append(Chart.label(Chart.short(row.label, 12), x: 4, y: y + 21))
      var sum = 0.0
      for (part, value) in zip(parts.indices, row.values) where value > 0 {
        contents.append(
          Chart.box(
            colour(part), x: x(sum), y: y + 6, width: x(sum + value) - x(sum), height: Self.rowHeight - 12,
            tip: "\(row.label), \(parts[part]): \(value.text(decimals: 3))"))
        sum += value
      }
    }
    for (index, part) in parts.enumerated() {
      let y = bottom + 20 + Double(index / 3 + 1) * Self.legendLine
      let left = 4 + Double(index % 3) * 156
      contents.append(Chart.box(colour(index), x: left, y: y - 11, width: 12, height: 12, tip: part))
      contents.append(Chart.label(part, x: left + 18, y: y))
    }
    let lines = (parts.count + 2) / 3
    return Chart(
      name: name, title: title, description: description, height: bottom + 32 + Double(lines) * Self.legendLine,
      contents: contents)
  }

  private func colour(_ part: Int) -> String { parts[part] == "idle" ? "fidle" : "f\(part % ChartStyle.colours)" }
}
