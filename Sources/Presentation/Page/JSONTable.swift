import BoundedJSON
import Report

/// Members of a JSON value as rows, whatever they are: what a later version adds is shown without knowing it.
enum JSONTable {
  static func table(_ caption: String, of value: JSONValue?) -> PageTable? {
    guard let value, let object = value.object, !object.members.isEmpty else { return nil }
    return PageTable(caption: caption, headings: ["member", "value"], rows: rows(value, at: ""))
  }

  /// A column of a histogram in one row.
  private static func column(_ value: JSONValue) -> String? {
    guard value.object?.members.count == 3, let sizes = try? SampleClass(json: value, path: "") else { return nil }
    return "\(sizes.atLeast) to \(sizes.atMost): \(sizes.samples)"
  }

  private static func rows(_ value: JSONValue, at path: String) -> [[PageTable.Cell]] {
    switch value {
    case .object(let object):
      return object.members.flatMap { rows($0.value, at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
    case .array(let elements) where elements.contains { $0.object != nil || $0.array != nil }:
      return elements.enumerated().flatMap { element in
        let path = "\(path)[\(element.offset)]"
        return column(element.element).map { [[PageTable.Cell(path), PageTable.Cell($0)]] }
          ?? rows(element.element, at: path)
      }
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
