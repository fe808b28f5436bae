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

  /// A document may be read on a terminal: what could steer one, or reorder what is read, is written as its escape. Any
  /// reader of JSON takes that for the character itself.
  private mutating func write(quoted text: String) {
    write("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": write("\\\"")
      case "\\": write("\\\\")
      case "\u{8}": write("\\b")
      case "\t": write("\\t")
      case "\n": write("\\n")
      case "\u{C}": write("\\f")
      case "\r": write("\\r")
      case " "..."~": bytes.append(UInt8(scalar.value))
      case _ where scalar.isPrintable: write(String(scalar))
      default: for unit in String(scalar).utf16 { write(escaped: unit) }
      }
    }
    write("\"")
  }

  private mutating func write(escaped unit: UInt16) {
    let digits = String(unit, radix: 16)
    write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
  }

  private mutating func write(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }
}
