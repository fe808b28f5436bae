/// Text of a report inside Markdown (GitHub's dialect).
package enum MarkdownText {
  /// Text that Markdown shows as it stands: no markup, no HTML, no mention of a person, one line.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.printable {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      // A backslash does not keep GitHub from making a mention or a link to an issue of it.
      case "@", "#": escaped += "&#\(character.unicodeScalars.first?.value ?? 0);"
      case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "!", "|", "~", "$": escaped += "\\\(character)"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
