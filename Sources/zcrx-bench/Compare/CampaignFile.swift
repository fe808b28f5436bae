import Glibc
import Linux
import SystemPackage

/// A file that always holds a whole document: each is written beside it and takes its place at once.
struct CampaignFile {
  let name: String
  private var draft: String { "\(name).\(getpid()).part" }

  /// - Throws: when nothing can be written there, before any traffic.
  init(_ name: String) throws(SystemCallError) {
    self.name = name
    let descriptor = try open()
    try? descriptor.close()
    unlink(draft)
  }

  func replace(with bytes: [UInt8]) throws(SystemCallError) {
    let descriptor = try open()
    do {
      defer { try? descriptor.close() }
      try descriptor.writeAll(bytes)
    } catch {
      unlink(draft)
      throw failure("write", (error as? Errno) ?? .ioError)
    }
    guard rename(draft, name) == 0 else {
      let errno = Errno(rawValue: Glibc.errno)
      unlink(draft)
      throw failure("rename", errno)
    }
  }

  private func open() throws(SystemCallError) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        FilePath(draft), .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw failure("open", (error as? Errno) ?? .ioError)
    }
  }

  private func failure(_ call: String, _ errno: Errno) -> SystemCallError {
    SystemCallError(
      attempt: "write the report to '\(name)'", call: call, errno: errno,
      advice: "check the folder and its permissions")
  }
}
