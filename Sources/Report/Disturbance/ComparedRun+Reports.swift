import BoundedJSON

extension ComparedRun {
  /// A run that both sides told about: its figures, what disturbed it, and why it did not complete.
  ///
  /// - Parameters:
  ///   - mode: the mode it ran in; nil in a sweep where the mode is an axis or all the same.
  ///   - receiver: the receiver's `zcrx_bench` object; nil when it did not send one.
  ///   - sender: the sender's; nil where there is none.
  public init(mode: String?, receiver: JSONValue?, sender: JSONValue?) {
    self.init(
      mode: mode, figures: KeyFigures(receiver: receiver, sender: sender),
      disturbed: DisturbanceSummary(receiver: receiver, sender: sender).text,
      failure: [sender, receiver].lazy.compactMap(Self.failure).first)
    if receiver == nil, sender == nil { failure = "there is no report of it" }
  }

  /// Nil where it completed, or does not tell.
  private static func failure(of report: JSONValue?) -> String? {
    guard let outcome = report?.at("outcome"), let status = outcome.at("status")?.string,
      status != Outcome.Status.completed.rawValue
    else { return nil }
    return outcome.at("reason")?.string ?? "no reason was recorded"
  }
}
