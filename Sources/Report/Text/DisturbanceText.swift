/// What disturbed a run, a line each; nothing where nothing was seen.
enum DisturbanceText {
  static func lines(for report: DisturbanceReport?) -> [TextLine] {
    (report?.seen ?? []).map { TextLine("  Disturbed: \($0.text)", .alarm) }
  }

  /// What could not be judged.
  static func detailedLines(for report: DisturbanceReport?) -> [TextLine] {
    (report?.unknown ?? []).map { TextLine(" Not judged: \($0.side.rawValue): \($0.kind.rawValue): \($0.reason)") }
  }
}
