import BoundedJSON

/// The members of one JSON object, read by key, with errors that name the whole way to the member.
struct MemberReader {
  private let object: JSONObject
  private let path: String

  init(_ json: JSONValue, path: String) throws(ReportError) {
    guard case .object(let object) = json else { throw .expected("an object", found: json, path: path) }
    self.object = object
    self.path = path
  }

  func required<Part: ReportPart>(_ key: String) throws(ReportError) -> Part {
    guard let value = object[key] else { throw ReportError(path: place(of: key), problem: "is missing") }
    return try Part(json: value, path: place(of: key))
  }

  /// Nil when the member is absent: absent means "not known".
  func optional<Part: ReportPart>(_ key: String) throws(ReportError) -> Part? {
    guard let value = object[key] else { return nil }
    return try Part(json: value, path: place(of: key))
  }

  private func place(of key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
  }
}
