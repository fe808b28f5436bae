import Glibc
import Linux
import SystemPackage

/// Files that reports are written to.
enum OutputFile {
  static let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]

  /// Opens one for writing. A FIFO has to have a reader first (fifo(7)), who is waited for until a signal comes: signals are
  /// read from a descriptor here, and end no open(2).
  ///
  /// - Parameter signals: nil where signals end the process by themselves.
  static func open(
    _ name: String, _ options: FileDescriptor.OpenOptions, signals: TerminationSignals?
  ) throws(SystemCallError) -> Descriptor {
    var options = options.union(.closeOnExec)
    if signals != nil { options.insert(.nonBlocking) }
    var isTold = false
    while true {
      do {
        let file = try FileDescriptor.open(FilePath(name), .writeOnly, options: options, permissions: permissions)
        if signals != nil { setBlocking(file) }
        return Descriptor(owning: file.rawValue)
      } catch {
        let errno = (error as? Errno) ?? .ioError
        guard let signals, errno == .noSuchAddressOrDevice, isFIFO(name) else {
          throw failure(name, errno, advice: "check the folder and its permissions")
        }
        guard !signals.haveCome, !isPending(signals) else {
          throw failure(name, .interrupted, advice: "it is a FIFO, and nobody reads it")
        }
        if !isTold { DiagnosticLog.say("note: waiting for a reader of the FIFO '\(name)'") }
        isTold = true
      }
    }
  }

  static func isFIFO(_ name: String) -> Bool { kind(of: name) == S_IFIFO }

  /// The type of an existing file, as in stat(2); nil where there is none.
  static func kind(of name: String) -> mode_t? {
    var status = stat()
    return stat(name, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  static func failure(_ name: String, _ errno: Errno, advice: String) -> SystemCallError {
    SystemCallError(attempt: "write the report to '\(name)'", call: "open", errno: errno, advice: advice)
  }

  /// Waits a moment for one. It stays pending, for the run to see.
  private static func isPending(_ signals: TerminationSignals) -> Bool {
    var polled = pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 50) > 0
  }

  private static func setBlocking(_ file: FileDescriptor) {
    let flags = fcntl(file.rawValue, F_GETFL)
    if flags >= 0 { _ = fcntl(file.rawValue, F_SETFL, flags & ~O_NONBLOCK) }
  }
}
