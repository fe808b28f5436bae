/// A number of bytes or blocks as iperf3's `-n`, `-k`, `-l` and `-w` take it (units.c, `unit_atoi`): K, M, G and T, in
/// either case, are powers of 1024, and fractions are rounded down to whole bytes.
public enum ByteQuantity {
  /// - Returns: 0…2⁶⁴−1.
  /// - Throws: for anything but digits, one point and one suffix, and for what does not fit in 64 bits; iperf3 ignores
  ///   what follows the suffix, and before 3.20 an unknown one.
  public static func parse(_ text: String) throws(QuantityError) -> UInt64 {
    try DecimalQuantity(text[...], base: 1024, example: "128K or 1.5G").value
  }
}
