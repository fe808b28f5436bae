/// HTML or SVG text that is safe to print: it is made of elements whose names are ours, and of text that was escaped on
/// its way in. There is no way to put text in as it stands.
public struct Markup: Sendable, Equatable {
  public private(set) var text: String

  public init() {
    text = ""
  }

  private init(verbatim text: String) {
    self.text = text
  }

  /// Text, escaped. What could steer a terminal or reorder what is read is written as its code point.
  static func text(_ text: some StringProtocol) -> Markup { Markup(verbatim: escaped(text)) }

  /// An element. `name` and the keys of `attributes` are literals of this project; values and contents may be anybody's.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ contents: Markup...
  ) -> Markup {
    element(name, attributes, all: contents)
  }

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], all contents: [Markup]
  ) -> Markup {
    Markup(verbatim: "<\(name)\(list(attributes))>\(contents.map(\.text).joined())</\(name)>")
  }

  /// An element that has no end tag in HTML, such as `meta`, or ends in itself in SVG, such as `line`.
  static func empty(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) -> Markup {
    Markup(verbatim: "<\(name)\(list(attributes))/>")
  }

  /// A whole file.
  static func document(_ root: Markup) -> Markup { Markup(verbatim: "<!DOCTYPE html>\n\(root.text)\n") }

  /// What stands in the project's own style sheet, which has no text of anybody else's.
  static func styleSheet(_ rules: StaticString) -> Markup { Markup(verbatim: "<style>\(rules)</style>") }

  static func + (left: Markup, right: Markup) -> Markup { Markup(verbatim: left.text + right.text) }

  static func += (left: inout Markup, right: Markup) { left.text += right.text }

  private static func list(_ attributes: KeyValuePairs<StaticString, String>) -> String {
    attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
  }
}
