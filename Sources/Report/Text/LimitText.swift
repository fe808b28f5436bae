/// Which side limited the run.
enum LimitText {
  static func lines(for limit: LimitReport?) -> [TextLine] {
    guard let limit else { return [] }
    return [TextLine("      Limit: \(words(limit.verdict)) — \(limit.evidence)")]
  }

  private static func words(_ verdict: LimitReport.Verdict) -> String {
    switch verdict {
    case .senderCPU: "the sender's CPU"
    case .receiverCPU: "the receiver's CPU"
    case .bothCPUs: "both sides' CPUs"
    case .window: "the window"
    case .neither: "neither side"
    case .otherLoad: "other load"
    case .unknown: "unknown"
    }
  }
}
