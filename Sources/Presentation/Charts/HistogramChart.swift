import BoundedJSON
import Glibc
import Report

/// What share of samples lies in each class, over a logarithmic axis.
struct HistogramChart {
  var name: String
  var title: String
  var axisTitle: String
  var unit: String
  /// Ascending; at least one has samples.
  var classes: [SampleClass]

  private static let left = 44.0
  private static let right = 16.0
  private static let top = 30.0
  private static let bottom = 200.0

  func chart() -> Chart {
    let total = classes.reduce(0) { $0 + Double($1.samples) }
    let shares = classes.map { Double($0.samples) / max(1, total) * 100 }
    let high = Scale(upTo: shares.max() ?? 100)
    func y(_ share: Double) -> Double { Self.bottom - high.place(share) * (Self.bottom - Self.top) }
    var parts = [Chart.label("% of \(total.text(decimals: 0)) \(unit)s", x: 4, y: 16)]
    for tick in high.ticks {
      parts.append(Chart.line("grid", from: (Self.left, y(tick)), to: (Chart.width - Self.right, y(tick))))
      parts.append(
        Chart.label(tick.text(decimals: high.decimals), x: Self.left - 6, y: y(tick) + 4, anchor: .end, kind: "tick"))
    }
    for power in powers {
      parts.append(
        Chart.label(
          Self.short(power), x: x(Double(sign: .plus, exponent: power, significand: 1)), y: Self.bottom + 16,
          anchor: .middle, kind: "tick"))
    }
    parts.append(Chart.label(axisTitle, x: Chart.width - Self.right, y: Self.bottom + 34, anchor: .end))
    for (one, share) in zip(classes, shares) {
      let start = x(Double(one.atLeast))
      // What is there is seen.
      let height = max(1, Self.bottom - y(share))
      parts.append(
        Chart.box(
          "f0", x: start, y: Self.bottom - height, width: max(1, x(Double(one.atMost) + 1) - start - 1), height: height,
          tip: "\(Self.bounds(one)): \(share.text(decimals: 2)) % (\(one.samples))"))
    }
    return Chart(
      name: name, title: title, description: description(shares), height: Self.bottom + 42, contents: parts)
  }

  /// Of the classes in words: the fullest, and how many there are.
  private func description(_ shares: [Double]) -> String {
    guard let (fullest, share) = zip(classes, shares).max(by: { $0.1 < $1.1 }) else { return "No samples" }
    return "\(classes.count) classes of sizes; the fullest, \(Self.bounds(fullest)), has \(share.text(decimals: 1)) %"
  }

  // MARK: The axis

  private var lowest: Int { Self.logarithm(Double(classes.first?.atLeast ?? 1)) }
  private var highest: Int { max(lowest + 1, Self.logarithm(Double(classes.last?.atMost ?? 1)) + 1) }

  private static func logarithm(_ value: Double) -> Int { Int(clamping: log2(max(1, value)).rounded(.down)) }

  /// Some of the powers of two that the axis covers: not more than there is room for.
  private var powers: [Int] {
    let step = (highest - lowest - 1) / 11 + 1
    return Array(stride(from: lowest, through: highest, by: step))
  }

  private func x(_ value: Double) -> Double {
    let place = (log2(max(1, value)) - Double(lowest)) / Double(highest - lowest)
    return Self.left + min(1, max(0, place)) * (Chart.width - Self.left - Self.right)
  }

  /// `512`, `4K`, `1M`.
  private static func short(_ power: Int) -> String {
    let units = ["", "K", "M", "G", "T", "P", "E"]
    return "\(1 << (power % 10))\(units[min(power / 10, units.count - 1)])"
  }

  private static func bounds(_ one: SampleClass) -> String {
    one.atLeast == one.atMost ? one.atLeast.counted("byte") : "\(one.atLeast) to \(one.atMost) bytes"
  }
}
