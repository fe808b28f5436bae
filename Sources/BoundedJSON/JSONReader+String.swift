/// Strings (RFC 8259 §7 and §8).
extension JSONReader {
  /// Reads the string whose opening quotation mark is next.
  mutating func string() throws(JSONError) -> String {
    position += 1
    var decoded: [UInt8] = []
    while let next {
      switch next {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: decoded, as: UTF8.self)
      case UInt8(ascii: "\\"):
        decoded.append(contentsOf: try escape())
      case 0..<0x20:
        throw JSONError(.controlCharacter(next), at: position)
      case 0x20..<0x80:
        decoded.append(next)
        position += 1
      default:
        let length = try multibyteLength(lead: next)
        decoded.append(contentsOf: bytes[position..<position + length])
        position += length
      }
    }
    throw JSONError(.unexpectedEnd, at: position)
  }

  /// The bytes of the well-formed UTF-8 sequence at the position, whose first byte is `lead` (Unicode, table 3-7: the
  /// second byte's range is what excludes overlong forms, surrogates and what lies above U+10FFFF).
  private func multibyteLength(lead: UInt8) throws(JSONError) -> Int {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: throw JSONError(.invalidUTF8, at: position)
    }
    switch lead {
    case 0xE0: second = 0xA0...0xBF
    case 0xED: second = 0x80...0x9F
    case 0xF0: second = 0x90...0xBF
    case 0xF4: second = 0x80...0x8F
    default: break
    }
    for index in 1..<length {
      let allowed = index == 1 ? second : 0x80...0xBF
      guard position + index < bytes.count, allowed ~= bytes[position + index] else {
        throw JSONError(.invalidUTF8, at: position)
      }
    }
    return length
  }

  /// Reads the escape whose backslash is next, as UTF-8.
  private mutating func escape() throws(JSONError) -> [UInt8] {
    let start = position
    position += 1
    guard let name = next else { throw JSONError(.unexpectedEnd, at: position) }
    position += 1
    switch name {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [name]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(try escapedScalar(start: start).utf8)
    default: throw JSONError(.invalidEscape, at: start)
    }
  }

  /// Reads what follows `\u`: four hexadecimal digits, and for a leading surrogate the escape of its other half.
  private mutating func escapedScalar(start: Int) throws(JSONError) -> Unicode.Scalar {
    let unit = try hexadecimalUnit(start: start)
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard UTF16.isLeadSurrogate(unit), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
      throw JSONError(.loneSurrogate, at: start)
    }
    let other = try hexadecimalUnit(start: position - 2)
    guard UTF16.isTrailSurrogate(other),
      let scalar = Unicode.Scalar(0x1_0000 + ((UInt32(unit) & 0x3FF) << 10 | UInt32(other) & 0x3FF))
    else { throw JSONError(.loneSurrogate, at: start) }
    return scalar
  }

  private mutating func hexadecimalUnit(start: Int) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let next else { throw JSONError(.unexpectedEnd, at: position) }
      guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else {
        throw JSONError(.invalidEscape, at: start)
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
