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
    if let send = settings.send { parts.append("sending with \(send)\(settings.sendReason.map { " (\($0))" } ?? "")") }
    if let mode = settings.mode { parts.append("receiving with \(mode)\(reason(settings))") }
    if parts.isEmpty { parts.append(report.role == .client ? "sending" : "receiving") }
    if isDiscarding(report) {
      parts.append("bytes are acknowledged and dropped inside the kernel, \(notReceived)")
    }
    return parts.joined(separator: "; ")
  }

  /// What was asked for, where it is more than the mode's own name, and why it was answered so.
  private static func reason(_ settings: RunSettings) -> String {
    var asked: [String] = []
    if let requested = settings.requestedMode, requested != settings.mode { asked.append(requested) }
    if let interface = settings.interface { asked.append("-i \(interface)") }
    if let queues = settings.queues { asked.append("-q \(queues)") }
    var words = asked.isEmpty ? [] : ["asked for \(asked.joined(separator: " "))"]
    if let reason = settings.modeReason { words.append(reason) }
    return words.isEmpty ? "" : " (\(words.joined(separator: ": ")))"
  }
}
