import Report

/// One row for each thing: a point with the interval around it, or a bracket between two bounds.
struct RangeChart {
  struct Row {
    var label: String
    var least: Double
    /// Nil of a bracket, whose middle means nothing.
    var point: Double?
    var most: Double
    /// The same in words.
    var text: String
  }

  var name: String
  var title: String
  var axisTitle: String
  var rows: [Row]
  /// Nil is found from the values.
  var scale: Scale?

  private static let left = 110.0
  private static let right = 16.0
  private static let top = 30.0
  private static let rowHeight = 40.0

  func chart(description: String) -> Chart {
    let scale = scale ?? Scale(upTo: rows.map(\.most).max() ?? 1)
    let bottom = Self.top + Double(rows.count) * Self.rowHeight
    let axis = AxisAcross(scale: scale, left: Self.left, right: Self.right)
    func x(_ value: Double) -> Double { axis.x(value) }
    var parts = axis.markup(title: axisTitle, top: Self.top, bottom: bottom)
    for (index, row) in rows.enumerated() {
      let middle = Self.top + (Double(index) + 0.6) * Self.rowHeight
      parts.append(Chart.label(Chart.short(row.label, 12), x: 4, y: middle + 4))
      parts.append(Chart.line("whisker", from: (x(row.least), middle), to: (x(row.most), middle)))
      for end in [row.least, row.most] {
        parts.append(Chart.line("whisker", from: (x(end), middle - 6), to: (x(end), middle + 6)))
      }
      if let point = row.point {
        parts.append(
          .empty("circle", ["class": "dot", "cx": Chart.number(x(point)), "cy": Chart.number(middle), "r": "5"]))
      }
      let isOnRight = scale.place(row.most) > 0.5
      parts.append(
        Chart.label(
          row.text, x: isOnRight ? x(row.most) : x(row.least), y: middle - 10, anchor: isOnRight ? .end : .start,
          kind: "tick"))
    }
    return Chart(name: name, title: title, description: description, height: bottom + 26, contents: parts)
  }
}
