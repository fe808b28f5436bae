import Glibc
import Linux
import SystemPackage

/// Where a run's report goes: lines that appear at once, whatever standard output is.
final class ReportStream {
  private let descriptor: FileDescriptor
  private let name: String
  private let ownsDescriptor: Bool
  private let signals: TerminationSignals?
  /// The first write that failed: what was lost is not hidden behind a good exit status.
  private(set) var failure: SystemCallError?

  /// Standard output.
  ///
  /// - Parameter signals: end the wait for a reader who has stopped reading; they stay pending for the run to see.
  init(signals: TerminationSignals? = nil) {
    descriptor = .standardOutput
    name = "standard output"
    ownsDescriptor = false
    self.signals = signals
  }

  /// A file, created or emptied.
  init(file: String) throws(SystemCallError) {
    do {
      descriptor = try FileDescriptor.open(
        FilePath(file), .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw SystemCallError(
        attempt: "write the report to '\(file)'", call: "open", errno: (error as? Errno) ?? .ioError,
        advice: "check the folder and its permissions")
    }
    name = "'\(file)'"
    ownsDescriptor = true
    signals = nil
  }

  deinit {
    if ownsDescriptor { try? descriptor.close() }
  }

  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, failure == nil {
      // A pipe that polls as writable takes this much without waiting (pipe(7), PIPE_BUF).
      let piece = rest.prefix(4096)
      do {
        guard OutputReadiness.wait(for: descriptor, or: signals, milliseconds: -1) else { throw Errno.interrupted }
        rest = rest.dropFirst(try piece.withUnsafeBytes { try descriptor.write($0) })
      } catch {
        failure = SystemCallError(
          attempt: "write the report to \(name)", call: "write", errno: (error as? Errno) ?? .ioError,
          advice: (error as? Errno) == .interrupted ? "its reader has stopped reading" : nil)
        // Now, because a server may go on for days before it ends.
        if let failure { DiagnosticLog.say("error: \(failure)") }
      }
    }
  }

  func write(lines: [String]) {
    write(Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  /// Colour is for people: only on a terminal that wants it (no-color.org).
  static var wantsColour: Bool {
    guard isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR") == nil, let terminal = getenv("TERM") else { return false }
    return String(cString: terminal) != "dumb"
  }
}
