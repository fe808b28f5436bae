import BoundedJSON

/// A value with one JSON form, described in docs/json.md.
///
/// The form is written out by hand, member by member: the names and units of the file are a promise to its readers and
/// do not follow the names of properties.
package protocol ReportPart {
  func json() -> JSONValue
  /// Reads what `json()` wrote. Members it does not know are left alone: a later minor version may have added them.
  ///
  /// - Parameter path: where `json` was found, for the error.
  init(json: JSONValue, path: String) throws(ReportError)
}

extension ReportPart {
  package init(json: JSONValue) throws(ReportError) {
    try self.init(json: json, path: "")
  }
}

extension Array: ReportPart where Element: ReportPart {
  package func json() -> JSONValue {
    .array(map { $0.json() })
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    guard case .array(let values) = json else { throw .expected("an array", found: json, path: path) }
    self = []
    reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      append(try Element(json: value, path: "\(path)[\(index)]"))
    }
  }
}
