import Report

/// A horizontal axis below rows, with a line up from each tick.
struct AxisAcross {
  var scale: Scale
  /// Where it begins, and how far from the right edge it ends.
  var left: Double
  var right: Double

  func x(_ value: Double) -> Double { left + scale.place(value) * (Chart.width - left - right) }

  func markup(title: String, top: Double, bottom: Double) -> [Markup] {
    var parts = [Chart.label(title, x: 4, y: 16)]
    for tick in scale.ticks {
      parts.append(Chart.line("grid", from: (x(tick), top), to: (x(tick), bottom)))
      let text = tick.text(decimals: scale.decimals)
      parts.append(Chart.label(text, x: x(tick), y: bottom + 16, anchor: .middle, kind: "tick"))
    }
    return parts
  }
}
