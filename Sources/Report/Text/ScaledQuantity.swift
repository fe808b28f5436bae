/// Amounts as iperf3 prints them (units.c, `unit_snprintf`): bytes in powers of 1024, bits in powers of 1000, three
/// significant digits in four columns.
enum ScaledQuantity {
  static func bytes(_ count: UInt64) -> String {
    let (value, prefix) = scaled(Double(count), by: 1024)
    return "\(fourColumns(value)) \(prefix)Bytes"
  }

  static func bitRate(_ bitsPerSecond: Double) -> String {
    let (value, prefix) = scaled(bitsPerSecond, by: 1000)
    return "\(fourColumns(value)) \(prefix)bits/sec"
  }

  /// A rate as the original io_uring-net prints it: `7.79 Gb/s`.
  static func shortBitRate(_ bitsPerSecond: Double) -> String {
    let (value, prefix) = scaled(bitsPerSecond, by: 1000)
    return "\(value.text(decimals: 2)) \(prefix)b/s"
  }

  private static func scaled(_ value: Double, by base: Double) -> (value: Double, prefix: String) {
    var value = value
    var prefixes = ["", "K", "M", "G", "T"][...]
    while value >= base, prefixes.count > 1 {
      value /= base
      prefixes.removeFirst()
    }
    return (value, prefixes.first ?? "")
  }

  /// The bounds are those at which rounding would add a digit.
  private static func fourColumns(_ value: Double) -> String {
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    return value.text(decimals: decimals).leftPadded(to: 4)
  }
}
