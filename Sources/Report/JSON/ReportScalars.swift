import BoundedJSON

extension Bool: ReportPart {
  package func json() -> JSONValue { .bool(self) }

  package init(json: JSONValue, path: String) throws(ReportError) {
    guard case .bool(let value) = json else { throw .expected("true or false", found: json, path: path) }
    self = value
  }
}

extension String: ReportPart {
  package func json() -> JSONValue { .string(self) }

  package init(json: JSONValue, path: String) throws(ReportError) {
    guard case .string(let value) = json else { throw .expected("a string", found: json, path: path) }
    self = value
  }
}

extension Double: ReportPart {
  /// JSON has no way to write a number that is not finite: null, which no reader takes for a measurement.
  package func json() -> JSONValue { isFinite ? .double(self) : .null }

  /// Nothing in a report is less than nothing (docs/zcrx-bench.schema.json).
  package init(json: JSONValue, path: String) throws(ReportError) {
    guard let value = json.doubleValue, value >= 0 else {
      throw .expected("a number from 0 on", found: json, path: path)
    }
    self = value
  }
}

extension Int: ReportPart {}
extension UInt16: ReportPart {}
extension UInt32: ReportPart {}
extension UInt64: ReportPart {}

/// Integers keep every digit: none ever passes through a Double.
extension ReportPart where Self: FixedWidthInteger {
  package func json() -> JSONValue {
    if let signed = Int64(exactly: self) { return .integer(signed) }
    return .unsigned(UInt64(clamping: self))
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let value: Self? =
      switch json {
      case .integer(let value): Self(exactly: value)
      case .unsigned(let value): Self(exactly: value)
      default: nil
      }
    guard let value, value >= 0 else { throw .expected("an integer from 0 to \(Self.max)", found: json, path: path) }
    self = value
  }
}

/// Enumerations whose raw values are their JSON form.
extension ReportPart where Self: RawRepresentable & CaseIterable, RawValue == String {
  package func json() -> JSONValue { .string(rawValue) }

  package init(json: JSONValue, path: String) throws(ReportError) {
    guard case .string(let text) = json, let value = Self(rawValue: text) else {
      throw .expected("one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))", found: json, path: path)
    }
    self = value
  }
}
