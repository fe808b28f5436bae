/// A short, printable quotation of text that a peer or a user wrote, fit for a terminal and a log: bounded in length,
/// and with every character that could steer a terminal shown as its code point.
public struct Excerpt: Sendable, Equatable, CustomStringConvertible {
  /// Unicode scalars quoted before the rest is left out.
  public static let maximumScalars = 40

  /// The quotation, in double quotes unless it stands for a single unprintable byte.
  public let description: String

  public init(_ text: some StringProtocol) {
    var quoted = "\""
    var room = Self.maximumScalars
    for scalar in text.unicodeScalars {
      if room == 0 {
        quoted += "…"
        break
      }
      room -= 1
      quoted += scalar.isPrintable ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }
    description = quoted + "\""
  }

  init(byte: UInt8) {
    let isASCII = 0x21...0x7E ~= byte
    description = isASCII ? "\"\(Unicode.Scalar(byte))\"" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
  }
}
