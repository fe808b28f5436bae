import BoundedJSON

extension StringProtocol {
  /// The text with every character that could steer a terminal or reorder what is read written as `\u{…}`: control
  /// codes (ESC, newline, C1), bidirectional and other invisible formatting, separators, unassigned and private ones.
  ///
  /// Host names, reasons and notes may have come from a peer.
  package var printable: String {
    var result = ""
    for scalar in unicodeScalars {
      if scalar.isPrintable {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }
}
