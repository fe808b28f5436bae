/// A JSON document as a value. Objects keep the order in which their members were written, so that what a person reads
/// comes out in the order it was meant, and integers stay exact over the whole range peers use: iperf 3.12 prints −1 as
/// 18446744073709551615.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits in 64 signed bits.
  case integer(Int64)
  /// A number written without fraction or exponent, above `Int64.max` and within 64 unsigned bits.
  case unsigned(UInt64)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}
