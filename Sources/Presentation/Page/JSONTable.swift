import BoundedJSON

/// Members of a JSON value as rows, whatever they are: what a later version adds is shown without knowing it.
enum JSONTable {
  static func table(_ caption: String, of value: JSONValue?) -> PageTable? {
    guard let value, let object = value.object, !object.members.isEmpty else { return nil }
    return PageTable(caption: caption, headings: ["member", "value"], rows: rows(value, at: ""))
  }

  private static func rows(_ value: JSONValue, at path: String) -> [[PageTable.Cell]] {
    switch value {
    case .object(let object):
      return object.members.flatMap { rows($0.value, at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
    case .array(let elements) where elements.contains { $0.object != nil || $0.array != nil }:
      return elements.enumerated().flatMap { rows($0.element, at: "\(path)[\($0.offset)]") }
    case .array(let elements):
      let texts = elements.map { $0.string ?? $0.text() }
      return [[PageTable.Cell(path), PageTable.Cell(texts.isEmpty ? "none" : texts.joined(separator: ", "))]]
    case .string(let text):
      return [[PageTable.Cell(path), PageTable.Cell(text)]]
    case .null, .bool, .integer, .unsigned, .double:
      return [[PageTable.Cell(path), PageTable.Cell(value.text())]]
    }
  }
}
