/// A rate as iperf3's `-b` takes it: bits per second, K, M, G and T being powers of 1000 (units.c, `unit_atof_rate`),
/// and after a slash the blocks that may be sent back to back.
public struct RateQuantity: Sendable, Equatable {
  /// 0 is unlimited.
  public let bitsPerSecond: UInt64
  /// Within `ParameterLimits.burst`; nil when none is given.
  public let burst: Int?

  public init(bitsPerSecond: UInt64, burst: Int? = nil) {
    self.bitsPerSecond = bitsPerSecond
    self.burst = burst
  }

  /// - Throws: for anything but a number with at most one suffix and, after a slash, a burst in range.
  public static func parse(_ text: String) throws(QuantityError) -> RateQuantity {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let rate = try DecimalQuantity(parts.first ?? "", base: 1000, example: "900M, 2.5G or 1G/10").value
    guard let written = parts.dropFirst().first else { return RateQuantity(bitsPerSecond: rate) }
    let permitted = ParameterLimits.burst
    guard let burst = Int(written), permitted.contains(burst) else {
      let range = "\(permitted.lowerBound) to \(permitted.upperBound)"
      throw QuantityError(text, "has no usable burst: after the slash write a number of blocks, \(range), as in 1G/10")
    }
    return RateQuantity(bitsPerSecond: rate, burst: burst)
  }
}
