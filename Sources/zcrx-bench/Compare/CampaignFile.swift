import Glibc
import Linux
import SystemPackage

/// A file that always holds a whole document: each is written beside it and takes its place at once. What is no ordinary
/// file (a device, a pipe) stays what it is, and is given the last document alone.
struct CampaignFile {
  /// As typed.
  let name: String
  /// Where the file is: links are followed.
  private let place: String
  private let isOrdinary: Bool
  private let signals: TerminationSignals

  /// - Parameter signals: end the wait for whoever is to read what is no ordinary file.
  /// - Throws: when nothing can be written there, before any traffic.
  init(_ name: String, signals: TerminationSignals) throws(SystemCallError) {
    self.name = name
    self.signals = signals
    var status = stat()
    let exists = stat(name, &status) == 0
    isOrdinary = !exists || status.st_mode & S_IFMT == S_IFREG
    place = exists ? CampaignFile.target(of: name) : name
    guard !name.isEmpty else { throw failure("open", .noSuchFileOrDirectory) }
    guard isOrdinary else {
      if status.st_mode & S_IFMT == S_IFDIR { throw failure("open", .isDirectory) }
      return
    }
    let draft = try openDraft()
    try? draft.descriptor.close()
    unlink(draft.path)
  }

  /// What there is so far; more will come.
  func replace(with bytes: [UInt8]) throws(SystemCallError) {
    if isOrdinary { try replaceFile(with: bytes) }
  }

  /// The last document.
  func finish(with bytes: [UInt8]) throws(SystemCallError) {
    guard isOrdinary else { return try writeOnce(bytes) }
    try replaceFile(with: bytes)
  }

  private func writeOnce(_ bytes: [UInt8]) throws(SystemCallError) {
    let output = Output(owning: try OutputFile.open(place, [], signals: signals), name: "'\(name)'")
    OutputWriter.shared.write(bytes, to: output)
    guard OutputWriter.shared.finish([output], signals: signals, patience: ReportStream.patience) else {
      throw failure("write", .interrupted)
    }
    if let failure = output.failure { throw failure }
  }

  private func replaceFile(with bytes: [UInt8]) throws(SystemCallError) {
    let draft = try openDraft()
    do throws(SystemCallError) {
      try write(bytes, to: draft.descriptor)
      guard rename(draft.path, place) == 0 else { throw failure("rename", Errno(rawValue: errno)) }
    } catch {
      unlink(draft.path)
      throw error
    }
  }

  /// A file of its own beside the place. In a folder that others may write to, a name that can be foretold may already be
  /// a link of theirs: the name is random, and nothing that exists is opened.
  private func openDraft() throws(SystemCallError) -> (path: String, descriptor: FileDescriptor) {
    let path = "\(place).\(String(UInt64.random(in: .min ... .max), radix: 36)).part"
    return (path, try open(path, [.create, .exclusiveCreate, .noFollow]))
  }

  private func write(_ bytes: [UInt8], to descriptor: FileDescriptor) throws(SystemCallError) {
    do {
      defer { try? descriptor.close() }
      try descriptor.writeAll(bytes)
    } catch {
      throw failure("write", (error as? Errno) ?? .ioError)
    }
  }

  private func open(_ path: String, _ options: FileDescriptor.OpenOptions) throws(SystemCallError) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        FilePath(path), .writeOnly, options: options.union(.closeOnExec),
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw failure("open", (error as? Errno) ?? .ioError)
    }
  }

  private static func target(of name: String) -> String {
    guard let path = realpath(name, nil) else { return name }
    defer { free(path) }
    return String(cString: path)
  }

  private func failure(_ call: String, _ errno: Errno) -> SystemCallError {
    SystemCallError(
      attempt: "write the report to '\(name)'", call: call, errno: errno,
      advice: "check the folder and its permissions")
  }
}
