import Glibc
import Linux
import SystemPackage

/// Where a run's report goes: lines that appear at once, whatever standard output is.
final class ReportStream {
  private let descriptor: FileDescriptor
  private let name: String
  private let ownsDescriptor: Bool
  /// The first write that failed: what was lost is not hidden behind a good exit status.
  private(set) var failure: SystemCallError?

  /// Standard output.
  init() {
    descriptor = .standardOutput
    name = "standard output"
    ownsDescriptor = false
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
  }

  deinit {
    if ownsDescriptor { try? descriptor.close() }
  }

  func write(_ bytes: [UInt8]) {
    guard failure == nil else { return }
    do {
      try descriptor.writeAll(bytes)
    } catch {
      failure = SystemCallError(
        attempt: "write the report to \(name)", call: "write", errno: (error as? Errno) ?? .ioError)
    }
  }

  func write(lines: [String]) {
    write(Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  /// Colour is for people: only on a terminal that wants it (no-color.org).
  static var wantsColour: Bool {
    isatty(FileDescriptor.standardOutput.rawValue) == 1 && getenv("NO_COLOR") == nil
      && String(cString: getenv("TERM") ?? strdup("dumb")) != "dumb"
  }
}
