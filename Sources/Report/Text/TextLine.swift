/// One line of a text report, before it is known whether it goes to a terminal.
struct TextLine {
  enum Emphasis: String {
    case none = ""
    /// Totals.
    case strong = "\u{1b}[1m"
    /// What does not count.
    case faint = "\u{1b}[2m"
    /// Bad news.
    case alarm = "\u{1b}[1;31m"
  }

  var text: String
  var emphasis: Emphasis

  init(_ text: String, _ emphasis: Emphasis = .none) {
    self.text = text
    self.emphasis = emphasis
  }

  /// The only way out for a line: whatever it was made of, no control code leaves but those asked for by `colour`
  /// (ECMA-48, section 8.3.117).
  func rendered(colour: Bool) -> String {
    let text = text.printable.droppingTrailingSpaces
    guard colour, emphasis != .none else { return text }
    return "\(emphasis.rawValue)\(text)\u{1b}[0m"
  }
}

extension String {
  fileprivate var droppingTrailingSpaces: String {
    guard let end = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...end])
  }
}
