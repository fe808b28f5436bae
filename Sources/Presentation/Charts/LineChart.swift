import Report

/// Values over time: lines, and bands between two bounds.
struct LineChart {
  struct Series {
    var name: String
    var points: [(x: Double, y: Double)]
  }

  /// A bracket: what is known to lie between two values.
  struct Band {
    var name: String
    var points: [(x: Double, least: Double, most: Double)]
  }

  var name: String
  var title: String
  var xTitle: String
  var yTitle: String
  var series: [Series] = []
  var bands: [Band] = []
  /// Nil is found from the values.
  var yScale: Scale?

  private static let left = 56.0
  private static let right = 12.0
  private static let top = 30.0
  private static let plotHeight = 170.0
  private static let legendLine = 18.0

  func chart(description: String) -> Chart {
    let xs = series.flatMap { $0.points.map(\.x) } + bands.flatMap { $0.points.map(\.x) }
    let ys = series.flatMap { $0.points.map(\.y) } + bands.flatMap { $0.points.map(\.most) }
    let across = Scale(upTo: xs.max() ?? 1)
    let up = yScale ?? Scale(upTo: ys.max() ?? 1)
    func x(_ value: Double) -> Double { Self.left + across.place(value) * (Chart.width - Self.left - Self.right) }
    func y(_ value: Double) -> Double { Self.top + (1 - up.place(value)) * Self.plotHeight }
    let bottom = Self.top + Self.plotHeight

    var parts = [Chart.label(yTitle, x: 4, y: 16)]
    for tick in up.ticks {
      parts.append(Chart.line("grid", from: (Self.left, y(tick)), to: (Chart.width - Self.right, y(tick))))
      let text = tick.text(decimals: up.decimals)
      parts.append(Chart.label(text, x: Self.left - 6, y: y(tick) + 4, anchor: .end, kind: "tick"))
    }
    for tick in across.ticks {
      let text = tick.text(decimals: across.decimals)
      parts.append(Chart.label(text, x: x(tick), y: bottom + 16, anchor: .middle, kind: "tick"))
    }
    parts.append(Chart.label(xTitle, x: Chart.width - Self.right, y: bottom + 34, anchor: .end))

    for (index, band) in bands.enumerated() {
      let upper = band.points.map { (x($0.x), y($0.most)) }
      let lower = band.points.reversed().map { (x($0.x), y($0.least)) }
      parts.append(
        .empty("polygon", ["class": "band f\(index) s\(index)", "points": Self.list(upper + lower)]))
    }
    for (index, line) in series.enumerated() {
      let colour = (bands.count + index) % ChartStyle.colours
      parts.append(
        .empty("polyline", ["class": "curve s\(colour)", "points": Self.list(line.points.map { (x($0.x), y($0.y)) })]))
    }
    parts += legend(from: bottom + 34)
    let names = bands.count + series.count
    return Chart(
      name: name, title: title, description: description,
      height: bottom + 44 + (names > 1 ? Double(names) * Self.legendLine : 0), contents: parts)
  }

  /// Of a single curve the title says it all.
  private func legend(from top: Double) -> [Markup] {
    let names = bands.map(\.name) + series.map(\.name)
    guard names.count > 1 else { return [] }
    return names.enumerated().flatMap { index, name -> [Markup] in
      let y = top + Double(index + 1) * Self.legendLine
      let sample = Chart.line(
        "curve s\(index % ChartStyle.colours)", from: (Self.left, y - 4), to: (Self.left + 32, y - 4))
      return [sample, Chart.label(Chart.short(name, 48), x: Self.left + 40, y: y)]
    }
  }

  private static func list(_ points: [(Double, Double)]) -> String {
    points.map { "\(Chart.number($0.0)),\(Chart.number($0.1))" }.joined(separator: " ")
  }
}
