/// Why a document is not the JSON we accept, and where.
public struct JSONError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// The document stops inside a value.
    case unexpectedEnd
    /// A byte that cannot stand here; `expected` names what could.
    case unexpectedByte(UInt8, expected: String)
    /// The document's value is complete, and something other than white space follows.
    case trailingBytes
    /// A key that its object already has. Keys are compared as `JSONObject` looks them up: canonically equivalent
    /// spellings of one text are the same key.
    case duplicateKey(String)
    /// Bytes that are not well-formed UTF-8 (Unicode 15, table 3-7): overlong, surrogate, above U+10FFFF, or cut short.
    case invalidUTF8
    /// An escaped UTF-16 surrogate without its other half.
    case loneSurrogate
    /// A backslash followed by what RFC 8259 §7 does not list.
    case invalidEscape
    /// A character below U+0020 written without an escape.
    case controlCharacter(UInt8)
    /// An integer outside −2⁶³…2⁶⁴−1, or a number whose magnitude exceeds `Double`.
    case numberOutOfRange
    /// A number of more bytes than any exact value needs.
    case numberTooLong(limit: Int)
    case tooManyBytes(limit: Int)
    case tooDeep(limit: Int)
    case tooManyMembers(limit: Int)
    case tooManyValues(limit: Int)
  }

  public let kind: Kind
  /// Bytes before the offending one.
  public let offset: Int

  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String { "\(kind) at byte \(offset)" }
}

extension JSONError.Kind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpectedEnd: "the document ends inside a value"
    case .unexpectedByte(let byte, let expected): "\(Excerpt(byte: byte)) where \(expected) must stand"
    case .trailingBytes: "something follows the end of the document"
    case .duplicateKey(let key): "the key \(Excerpt(key)) appears twice in one object"
    case .invalidUTF8: "a string is not valid UTF-8"
    case .loneSurrogate: "an escaped surrogate lacks its other half"
    case .invalidEscape: "an unknown escape sequence"
    case .controlCharacter(let byte): "an unescaped control character (\(Excerpt(byte: byte))) in a string"
    case .numberOutOfRange: "a number too large to represent"
    case .numberTooLong(let limit): "a number of more than \(limit) characters"
    case .tooManyBytes(let limit): "more than \(limit) bytes"
    case .tooDeep(let limit): "arrays and objects nested more than \(limit) deep"
    case .tooManyMembers(let limit): "an object of more than \(limit) members"
    case .tooManyValues(let limit): "more than \(limit) values"
    }
  }
}
