/// A table of a page: headings, and cells whose text is theirs alone.
struct PageTable {
  struct Cell {
    var text: String
    /// The number behind the text, with all its digits.
    var value: Double?
    var isNumber = false
    /// Columns it takes; a reason may take those of the figures that are missing.
    var columns = 1

    init(_ text: String) {
      self.text = text
    }

    init(_ text: String, columns: Int) {
      self.text = text
      self.columns = columns
    }

    init(number text: String, value: Double? = nil) {
      self.text = text
      self.value = value
      isNumber = true
    }
  }

  var caption: String
  var headings: [String]
  /// The first cell of a row is its heading.
  var rows: [[Cell]]

  /// In a frame of its own, which scrolls where the screen is narrow, with the keyboard too.
  var markup: Markup {
    let head = Markup.element(
      "thead", [:], .element("tr", [:], all: headings.map { .element("th", ["scope": "col"], .text($0)) }))
    let body = Markup.element(
      "tbody", [:],
      all: rows.map { row in
        .element("tr", [:], all: row.enumerated().map { index, cell in markup(cell, isHeading: index == 0) })
      })
    return .element(
      "div", ["class": "frame", "tabindex": "0", "role": "region", "aria-label": caption],
      .element("table", [:], .element("caption", [:], .text(caption)), head, body))
  }

  private func markup(_ cell: Cell, isHeading: Bool) -> Markup {
    if isHeading { return .element("th", ["scope": "row"], .text(cell.text)) }
    if let value = cell.value, value.isFinite {
      return .element("td", ["class": "number", "data-value": "\(value)"], .text(cell.text))
    }
    return .element(
      "td", ["class": cell.isNumber ? "number" : "text", "colspan": "\(max(1, cell.columns))"], .text(cell.text))
  }
}
