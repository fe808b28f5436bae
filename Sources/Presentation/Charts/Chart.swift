import Report

/// A picture in SVG with its own title and description, for a page or for a file of its own.
public struct Chart: Sendable {
  /// What it is called on the command line (`--chart`).
  public let name: String
  let title: String
  /// What it shows, in words, for those who do not see it.
  let description: String
  let height: Double
  let contents: Markup

  static let width = 480.0

  init(name: String, title: String, description: String, height: Double, contents: [Markup]) {
    self.name = name
    self.title = title
    self.description = description
    self.height = height
    self.contents = contents.reduce(Markup()) { $0 + $1 }
  }

  /// For a page, which has the style sheet.
  ///
  /// - Parameter number: one that no other chart of the page has.
  func markup(number: Int) -> Markup {
    .element(
      "svg",
      [
        "class": "chart", "viewBox": "0 0 \(Self.number(Self.width)) \(Self.number(height))", "role": "img",
        "aria-labelledby": "chart-\(number)-title chart-\(number)-description",
      ],
      .element("title", ["id": "chart-\(number)-title"], .text(title)),
      .element("desc", ["id": "chart-\(number)-description"], .text(description)), contents)
  }

  /// A file of its own.
  public var file: String {
    let root = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": "chart alone", "width": "720",
        "height": Self.number(height * 720 / Self.width),
        "viewBox": "0 0 \(Self.number(Self.width)) \(Self.number(height))",
        "role": "img",
      ],
      .element("title", [:], .text(title)), .element("desc", [:], .text(description)), ChartStyle.sheet, contents)
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(root.text)\n"
  }

  // MARK: Pieces

  static func number(_ value: Double) -> String {
    let text = value.text(decimals: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  enum Anchor: String {
    case start
    case middle
    case end
  }

  static func label(_ text: String, x: Double, y: Double, anchor: Anchor = .start, kind: String = "label") -> Markup {
    .element(
      "text", ["class": kind, "x": number(x), "y": number(y), "text-anchor": anchor.rawValue], .text(text))
  }

  static func line(_ kind: String, from start: (x: Double, y: Double), to end: (x: Double, y: Double)) -> Markup {
    .empty(
      "line",
      ["class": kind, "x1": number(start.x), "y1": number(start.y), "x2": number(end.x), "y2": number(end.y)])
  }

  static func box(_ kind: String, x: Double, y: Double, width: Double, height: Double, tip: String) -> Markup {
    .element(
      "rect",
      ["class": kind, "x": number(x), "y": number(y), "width": number(max(0, width)), "height": number(height)],
      .element("title", [:], .text(tip)))
  }

  /// A text cut to `limit` characters: names may be anybody's, and as long as they like.
  static func short(_ text: String, _ limit: Int) -> String {
    text.count <= limit ? text : text.prefix(limit - 1) + "…"
  }
}
