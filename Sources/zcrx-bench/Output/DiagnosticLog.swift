import Glibc
import Linux
import Logging
import Report
import Synchronization

/// Diagnostics go to standard error, one line each, so that standard output holds nothing but the report. Whoever has stopped
/// reading it does not want to know: nothing waits for them.
struct DiagnosticLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  private static let output = Output(descriptor: STDERR_FILENO, name: "standard error")
  private static let limiter = Mutex(MessageLimiter())
  /// Seconds that the end of the process waits for a reader who takes nothing.
  private static let patience = 1.0

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let label = event.level <= .notice ? "" : "\(event.level): "
    DiagnosticLog.sayOften(label + event.message.description, file: event.file, line: event.line)
  }

  static func say(_ text: String) {
    write([text], isOptional: false)
  }

  /// The same for what peers can provoke: limited in rate.
  ///
  static func sayOften(_ text: String, file: String = #fileID, line: UInt = #line) {
    limiter.withLock { limiter in
      let lines = limiter.admit(text, kind: "\(file):\(line)", at: .now())
      if !lines.isEmpty { write(lines, isOptional: true) }
    }
  }

  private static func write(_ lines: [String], isOptional: Bool) {
    let leftOut = output.leftOut
    let note = leftOut > 0 ? ["\(leftOut.counted("message")) left out: standard error was not read"] : []
    let text = (note + lines).map { "zcrx-bench: \($0.printable)\n" }.joined()
    if OutputWriter.shared.write(Array(text.utf8), to: output, isOptional: isOptional) { output.tellLeftOut(leftOut) }
  }

  /// The last thing a process does: what was left out is said, and what was said is written.
  static func finish() {
    let accounts = limiter.withLock { $0.takeAccounts() }
    if !accounts.isEmpty { write(accounts, isOptional: false) }
    // Of other outputs something is left only where an error came before they were finished.
    _ = OutputWriter.shared.finish(patience: patience)
  }

  static func logger(verbose: Bool) -> Logger {
    Logger(label: "zcrx-bench") { _ in DiagnosticLog(logLevel: verbose ? .debug : .notice) }
  }
}
