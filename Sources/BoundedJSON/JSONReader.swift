/// A position in a document, and the grammar of its values (RFC 8259 §2–5).
struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var position = 0
  private let repeatedKeys: JSONParser.RepeatedKeys
  private var values = 0
  /// The first key that its object already had.
  private(set) var repeatedKey: JSONError?

  init(bytes: [UInt8], limits: JSONLimits, repeatedKeys: JSONParser.RepeatedKeys = .refused) {
    self.bytes = bytes
    self.limits = limits
    self.repeatedKeys = repeatedKeys
  }

  /// The byte at the position; nil at the end of the document.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func document() throws(JSONError) -> JSONValue {
    skipWhiteSpace()
    let value = try value(depth: 0)
    skipWhiteSpace()
    guard next == nil else { throw JSONError(.trailingBytes, at: position) }
    return value
  }

  /// Every value of a text that holds any number of them one after the other, with the byte each begins at.
  mutating func sequence() throws(JSONError) -> [(offset: Int, value: JSONValue)] {
    var found: [(offset: Int, value: JSONValue)] = []
    skipWhiteSpace()
    while next != nil {
      let start = position
      found.append((start, try value(depth: 0)))
      skipWhiteSpace()
    }
    return found
  }

  /// The error of a document that ends, or goes on wrongly, where `expected` must stand.
  func unexpected(_ expected: String) -> JSONError {
    guard let next else { return JSONError(.unexpectedEnd, at: position) }
    return JSONError(.unexpectedByte(next, expected: expected), at: position)
  }

  /// - Parameter depth: the arrays and objects around this value.
  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    values += 1
    guard values <= limits.maximumValues else {
      throw JSONError(.tooManyValues(limit: limits.maximumValues), at: position)
    }
    switch next {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try open(depth: depth)
    var object = JSONObject()
    // Looking a key up in the object walks its members, which would make a hostile object quadratic.
    var keys: Set<String> = []
    guard !skip(UInt8(ascii: "}")) else { return object }
    repeat {
      skipWhiteSpace()
      let keyPosition = position
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
      guard keys.count < limits.maximumMembers else {
        throw JSONError(.tooManyMembers(limit: limits.maximumMembers), at: keyPosition)
      }
      let key = try string()
      let isNew = keys.insert(key).inserted
      if !isNew {
        let error = JSONError(.duplicateKey(key), at: keyPosition)
        guard repeatedKeys == .firstCounts else { throw error }
        repeatedKey = repeatedKey ?? error
      }
      skipWhiteSpace()
      guard skip(UInt8(ascii: ":")) else { throw unexpected("\":\"") }
      skipWhiteSpace()
      let member = try value(depth: depth)
      if isNew { object.append(uniqueKey: key, member) }
      skipWhiteSpace()
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "}")) else { throw unexpected("\",\" or \"}\"") }
    return object
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    try open(depth: depth)
    var elements: [JSONValue] = []
    guard !skip(UInt8(ascii: "]")) else { return elements }
    repeat {
      skipWhiteSpace()
      elements.append(try value(depth: depth))
      skipWhiteSpace()
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "]")) else { throw unexpected("\",\" or \"]\"") }
    return elements
  }

  private mutating func open(depth: Int) throws(JSONError) {
    guard depth <= limits.maximumDepth else { throw JSONError(.tooDeep(limit: limits.maximumDepth), at: position) }
    position += 1
    skipWhiteSpace()
  }

  private mutating func literal(_ name: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for byte in name.utf8 {
      guard skip(byte) else { throw unexpected(name) }
    }
    return value
  }

  /// Steps over `byte` if it is next.
  mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhiteSpace() {
    while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
  }
}
