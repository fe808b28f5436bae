import BoundedJSON

/// The shape of a JSON document: every key path, `[]` standing for all elements of an array, with the types met there.
struct KeyPaths: Equatable {
  private(set) var types: [String: Set<String>] = [:]

  init(_ value: JSONValue) {
    add(value, at: "")
  }

  private mutating func add(_ value: JSONValue, at path: String) {
    types[path, default: []].insert(Self.type(of: value))
    switch value {
    case .object(let object):
      for (key, value) in object.members { add(value, at: path.isEmpty ? key : "\(path).\(key)") }
    case .array(let elements):
      for element in elements { add(element, at: "\(path)[]") }
    case .null, .bool, .integer, .unsigned, .double, .string: break
    }
  }

  private static func type(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .unsigned, .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
