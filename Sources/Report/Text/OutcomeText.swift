/// The mark of a run that did not complete; it stands above the numbers and again as the last line.
enum OutcomeText {
  static func banner(for outcome: Outcome) -> [TextLine] {
    let reason = outcome.reason ?? "no reason was recorded"
    return switch outcome.status {
    case .completed: []
    case .partial: [TextLine("*** PARTIAL: \(reason) ***", .alarm)]
    case .failed: [TextLine("*** FAILED: \(reason) ***", .alarm)]
    }
  }
}
