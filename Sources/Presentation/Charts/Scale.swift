import BoundedJSON

/// A linear axis from 0, or from its smallest value, with round ticks.
struct Scale {
  let lower: Double
  let upper: Double
  let step: Double

  /// From 0 to a round number at or above `maximum`, in about `steps` steps; to 1 where there is nothing to show.
  init(upTo maximum: Double, steps: Int = 5) {
    let top = maximum.isFinite && maximum > 0 ? maximum : 1
    let raw = top / Double(max(1, steps))
    var magnitude = 1.0
    // Bounded by what a Double holds.
    while magnitude > raw, magnitude > 1e-300 { magnitude /= 10 }
    while magnitude * 10 <= raw { magnitude *= 10 }
    step = ([1.0, 2, 5, 10].first { $0 * magnitude >= raw } ?? 10) * magnitude
    lower = 0
    // The next round number may be beyond what a Double holds.
    upper = min((top / step).rounded(.up) * step, .greatestFiniteMagnitude)
  }

  /// Exactly from 0 to `end`, for what has a natural end, such as a share.
  init(exactly end: Double, step: Double) {
    lower = 0
    upper = end
    self.step = step
  }

  var ticks: [Double] {
    let count = Int(clamping: ((upper - lower) / step + 0.5).rounded(.down))
    return (0...max(1, min(count, 50))).map { min(lower + Double($0) * step, .greatestFiniteMagnitude) }
  }

  /// Where `value` lies, 0…1; what lies outside is brought to the nearer end.
  func place(_ value: Double) -> Double {
    guard upper > lower, value.isFinite else { return 0 }
    return min(1, max(0, (value - lower) / (upper - lower)))
  }

  /// Digits after the point that tell two ticks apart.
  var decimals: Int {
    var step = step
    var decimals = 0
    while step < 0.999, decimals < 9 {
      step *= 10
      decimals += 1
    }
    return decimals
  }
}
