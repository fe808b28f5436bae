/// A decimal number with a suffix, read exactly: iperf3 (units.c) computes in doubles, which lose integers above 2⁵³.
struct DecimalQuantity {
  /// Digits after the point that are read; more cannot change a whole number of bytes.
  private static let maximumFractionDigits = 18

  /// The number times its suffix's unit, rounded down as iperf3 rounds.
  let value: UInt64

  /// - Parameters:
  ///   - base: what K stands for; M, G and T are its powers.
  ///   - example: a quantity of the wanted kind, for the error.
  init(_ text: Substring, base: UInt64, example: String) throws(QuantityError) {
    var number = text
    let unit = Self.unit(of: number.last, base: base)
    if unit > 1 { number = number.dropLast() }
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = parts.first ?? ""
    let fraction = parts.dropFirst().first ?? ""
    let digits = whole + fraction
    let areDigits = digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard areDigits, !digits.isEmpty, fraction.count <= Self.maximumFractionDigits else {
      throw QuantityError(text, "is no quantity: write digits and, if wanted, one of K, M, G, T, as in \(example)")
    }
    guard let wholeUnits = Self.product(of: whole, unit),
      case (let sum, let overflow) = wholeUnits.addingReportingOverflow(Self.scaled(fraction, by: unit)), !overflow
    else { throw QuantityError(text, "is too large: at most \(UInt64.max) can be represented") }
    value = sum
  }

  private static func unit(of suffix: Character?, base: UInt64) -> UInt64 {
    switch suffix {
    case "k", "K": base
    case "m", "M": base * base
    case "g", "G": base * base * base
    case "t", "T": base * base * base * base
    default: 1
    }
  }

  private static func product(of digits: Substring, _ unit: UInt64) -> UInt64? {
    guard let number = digits.isEmpty ? 0 : UInt64(digits) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : product
  }

  /// The fraction 0.`digits` of `unit`, rounded down. The quotient is below `unit`, as `digits` are below their
  /// divisor.
  private static func scaled(_ digits: Substring, by unit: UInt64) -> UInt64 {
    let divisor = digits.reduce(into: UInt64(1)) { power, _ in power *= 10 }
    return divisor.dividingFullWidth((UInt64(digits) ?? 0).multipliedFullWidth(by: unit)).quotient
  }
}
