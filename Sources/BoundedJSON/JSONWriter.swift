/// Writes values as RFC 8259 text.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let isPretty: Bool

  init(isPretty: Bool) {
    self.isPretty = isPretty
  }

  /// - Parameter depth: the objects and arrays around this value, which is its indentation.
  mutating func write(_ value: JSONValue, depth: Int = 0) {
    switch value {
    case .null: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .integer(let value): write(value.description)
    case .unsigned(let value): write(value.description)
    // Swift's description is the shortest decimal that reads back as the same value.
    case .double(let value): write(value.isFinite ? value.description : "null")
    case .string(let value): write(quoted: value)
    case .array(let elements): write(elements, depth: depth + 1)
    case .object(let object): write(object, depth: depth + 1)
    }
  }

  private mutating func write(_ elements: [JSONValue], depth: Int) {
    write("[")
    var separator = ""
    for element in elements {
      write(separator)
      write(element, depth: depth)
      separator = isPretty ? ", " : ","
    }
    write("]")
  }

  private mutating func write(_ object: JSONObject, depth: Int) {
    write("{")
    var separator = ""
    for (key, value) in object.members {
      write(separator)
      startLine(depth: depth)
      write(quoted: key)
      write(isPretty ? ":\t" : ":")
      write(value, depth: depth)
      separator = ","
    }
    if !object.members.isEmpty { startLine(depth: depth - 1) }
    write("}")
  }

  private mutating func startLine(depth: Int) {
    guard isPretty else { return }
    write("\n")
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "\t"), count: depth))
  }

  private mutating func write(quoted text: String) {
    write("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): write("\\\"")
      case UInt8(ascii: "\\"): write("\\\\")
      case 0x08: write("\\b")
      case 0x09: write("\\t")
      case 0x0A: write("\\n")
      case 0x0C: write("\\f")
      case 0x0D: write("\\r")
      case 0..<0x10: write("\\u000" + String(byte, radix: 16))
      case 0x10..<0x20: write("\\u00" + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    write("\"")
  }

  private mutating func write(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }
}
