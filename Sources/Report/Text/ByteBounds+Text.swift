extension ByteBounds {
  /// A point only where it is exact.
  var text: String { isExact ? "\(atLeast)" : "\(atLeast) to \(atMost)" }

  /// The share of `bytes` in percent, "99.1 to 100.0 %", outwards rounded so that the truth stays inside; nil of no bytes.
  /// What is exact is a point, and 0.0 or 100.0 only where it is that.
  func share(of bytes: UInt64) -> String? {
    guard bytes > 0 else { return nil }
    func thousandths(_ part: UInt64) -> Double { min(1, Double(part) / Double(bytes)) * 1000 }
    func percent(_ thousandths: Double) -> String { (thousandths / 10).text(decimals: 1) }
    guard isExact else {
      return "\(percent(thousandths(atLeast).rounded(.down))) to \(percent(thousandths(atMost).rounded(.up))) %"
    }
    let share = thousandths(atLeast).rounded()
    let isPart = atLeast > 0 && atLeast < bytes
    return "\(percent(isPart ? max(1, min(999, share)) : share)) %"
  }
}
