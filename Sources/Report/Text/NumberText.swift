extension Double {
  /// The number with `decimals` digits after the point, rounded to nearest; "unknown" where it is not finite.
  package func text(decimals: Int) -> String {
    guard isFinite else { return "unknown" }
    var scale: UInt64 = 1
    for _ in 0..<decimals { scale *= 10 }
    // Too large for its decimals to mean anything: as it is.
    guard let scaled = UInt64(exactly: (magnitude * Double(scale)).rounded()) else { return description }
    let sign = self < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
  }
}

extension String {
  /// Right-aligned in `width` columns.
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }

  /// Left-aligned in `width` columns.
  func rightPadded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
