/// Numbers (RFC 8259 §6).
extension JSONReader {
  /// Reads the number whose first byte, a digit or a minus sign, is next.
  mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = skip(UInt8(ascii: "-"))
    if !skip(UInt8(ascii: "0")) { try skipDigits() }
    let integerEnd = position
    if skip(UInt8(ascii: ".")) { try skipDigits() }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try skipDigits()
    }
    guard position - start <= JSONParser.maximumNumberLength else {
      throw JSONError(.numberTooLong(limit: JSONParser.maximumNumberLength), at: start)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard position == integerEnd else {
      guard let value = Double(text), value.isFinite else { throw JSONError(.numberOutOfRange, at: start) }
      return .double(value)
    }
    if let value = Int64(text) { return .integer(value) }
    guard !isNegative, let value = UInt64(text) else { throw JSONError(.numberOutOfRange, at: start) }
    return .unsigned(value)
  }

  /// Steps over one digit or more.
  private mutating func skipDigits() throws(JSONError) {
    let start = position
    while let next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= next { position += 1 }
    guard position > start else { throw unexpected("a digit") }
  }
}
