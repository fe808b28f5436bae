import BoundedJSON

extension ReportError {
  static func expected(_ expectation: String, found value: JSONValue, path: String) -> ReportError {
    ReportError(path: path, problem: "must be \(expectation), and is \(value.summary)")
  }
}
