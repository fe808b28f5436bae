import BoundedJSON

extension ReportError {
  static func expected(_ expectation: String, found value: JSONValue, path: String) -> ReportError {
    ReportError(path: path, problem: "must be \(expectation), and is \(shortDescription(of: value))")
  }

  /// What was found, short enough for one line whatever the file holds.
  private static func shortDescription(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value.prefix(60).printable)\(value.count > 60 ? "…" : "")\""
    case .array(let values): "an array of \(values.count)"
    case .object(let object): "an object of \(object.members.count)"
    }
  }
}
