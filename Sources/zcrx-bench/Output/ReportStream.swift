import Glibc
import Linux
import Report
import SystemPackage

/// Where a run's report goes: lines that appear at once, whatever standard output is, and that nothing waits for before
/// `finish`.
final class ReportStream {
  private let output: Output
  private let signals: TerminationSignals?
  /// Seconds that a reader who takes nothing is waited for once a signal has come.
  static let patience = 2.0

  /// Standard output.
  ///
  /// - Parameter signals: end the wait for a reader who has stopped reading; nil where they end the process by themselves.
  init(signals: TerminationSignals? = nil) {
    output = Output(descriptor: STDOUT_FILENO, name: "standard output", onFailure: ReportStream.tell)
    self.signals = signals
  }

  /// A file, created or emptied.
  init(file: String, signals: TerminationSignals? = nil) throws(SystemCallError) {
    output = Output(
      owning: try OutputFile.open(file, [.create, .truncate], signals: signals), name: "'\(file)'",
      onFailure: ReportStream.tell)
    self.signals = signals
  }

  /// Now, because a server may go on for days before it ends.
  private static let tell: @Sendable (SystemCallError) -> Void = { DiagnosticLog.say("error: \($0)") }

  /// The first write that failed, as far as is known: what was lost is not hidden behind a good exit status.
  var failure: SystemCallError? { output.failure }

  /// - Parameter isOptional: what is told again later, as intervals are by a sum: left out and counted where nobody reads.
  func write(_ bytes: [UInt8], isOptional: Bool = false) {
    let isFirst = output.lost == 0
    if !OutputWriter.shared.write(bytes, to: output, isOptional: isOptional), !isOptional, isFirst {
      DiagnosticLog.say("error: \(output.name) is not read: reports are left out of it")
    }
  }

  func write(lines: [String], isOptional: Bool = false) {
    write(Array(lines.map { $0 + "\n" }.joined().utf8), isOptional: isOptional)
  }

  /// How many intervals were left out since this was last asked, as a note; nil when none was.
  func takeLeftOut() -> String? {
    let count = output.leftOut
    guard count > 0 else { return nil }
    output.tellLeftOut(count)
    return "\(count.counted("interval")) left out of \(output.name), which was not read in time"
  }

  /// Waits until everything is written.
  ///
  /// - Returns: whether everything was.
  func finish() -> Bool {
    let isWritten = OutputWriter.shared.finish(
      [output], signals: signals, patience: signals == nil ? nil : ReportStream.patience)
    if !isWritten { output.fail(.interrupted, advice: "its reader has stopped reading") }
    if let note = takeLeftOut() { DiagnosticLog.say("warning: \(note)") }
    if output.lost > 0 {
      DiagnosticLog.say("error: \(output.lost.counted("report")) left out of \(output.name), which was not read")
    }
    return output.failure == nil && output.lost == 0
  }

  /// Colour is for people: only on a terminal that wants it (no-color.org).
  static var wantsColour: Bool {
    guard isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR") == nil, let terminal = getenv("TERM") else { return false }
    return String(cString: terminal) != "dumb"
  }
}
