import Logging
import Report
import SystemPackage

/// Diagnostics go to standard error, one line each, so that standard output holds nothing but the report.
struct DiagnosticLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let label = event.level <= .notice ? "" : "\(event.level): "
    DiagnosticLog.say(label + event.message.description)
  }

  static func say(_ text: String) {
    // Whoever closed standard error, or has stopped reading it, does not want to know: the run must not wait for them.
    guard OutputReadiness.wait(for: .standardError, or: nil, milliseconds: 200) else { return }
    _ = try? FileDescriptor.standardError.writeAll("zcrx-bench: \(text.printable)\n".utf8)
  }

  static func logger(verbose: Bool) -> Logger {
    Logger(label: "zcrx-bench") { _ in DiagnosticLog(logLevel: verbose ? .debug : .notice) }
  }
}
