extension Unicode.Scalar {
  /// Whether a terminal shows the character and does nothing else: no control code (ESC, DEL, C1), no format character,
  /// which can reorder the line it stands in, no separator of lines or paragraphs, nothing private or unassigned.
  package var isPrintable: Bool {
    // Most text is this; properties are looked up in tables.
    if value < 0x7F { return value >= 0x20 }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: return false
    default: return true
    }
  }
}
