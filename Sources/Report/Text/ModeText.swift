/// How bytes were received or sent, in one sentence.
enum ModeText {
  static let discard = "discard"
  static let notReceived = "not received into user memory"

  /// Whether bytes counted as received were dropped inside the kernel.
  static func isDiscarding(_ report: RunReport) -> Bool {
    report.settings.mode == discard || (report.copyAccount?.discarded ?? 0) > 0
  }

  static func sentence(for report: RunReport) -> String {
    let settings = report.settings
    var parts: [String] = []
    if let send = settings.send { parts.append("sending with \(send)") }
    if let mode = settings.mode { parts.append("receiving with \(mode)\(reason(settings))") }
    if parts.isEmpty { parts.append(report.role == .client ? "sending" : "receiving") }
    if isDiscarding(report) {
      parts.append("bytes are acknowledged and dropped inside the kernel, \(notReceived)")
    }
    return capitalized(parts.joined(separator: "; "))
  }

  private static func reason(_ settings: RunSettings) -> String {
    var words: [String] = []
    if let requested = settings.requestedMode, requested != settings.mode { words.append("asked for \(requested)") }
    if let reason = settings.modeReason { words.append(reason) }
    return words.isEmpty ? "" : " (\(words.joined(separator: ": ")))"
  }

  private static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
