import CLinux
import Glibc
import SystemPackage

/// A process that outlives this one and notices its end, however it comes: its standard input is a pipe that ends then. It
/// has a session of its own and none of this process's other descriptors, standard output included.
public final class DetachedProcess {
  public let pid: pid_t
  private var pipe: Descriptor?

  /// Starts `arguments[0]`, by its path, in the namespaces of the calling thread.
  public init(_ arguments: [String]) throws(SystemCallError) {
    let pipe = try Pipe()
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    pid = try checkedAnswer("posix_spawn", to: "start '\(arguments.joined(separator: " "))'") {
      zb_spawn_detached(arguments.first ?? "", &words, pipe.reading.number)
    }
    self.pipe = pipe.writing
  }

  /// Tells it, by a byte, that it is not needed any more, and waits for its end.
  public func dismiss() {
    guard let pipe else { return }
    var byte: UInt8 = 1
    _ = write(pipe.number, &byte, 1)
    self.pipe = nil
    while waitpid(pid, nil, 0) < 0, errno == EINTR {}
  }
}
