import CLinux
import Glibc
import SystemPackage

/// A process that outlives this one and notices its end, however it comes: its standard input is a pipe that ends then. It
/// has a session of its own and none of this process's other descriptors, standard output included.
public final class DetachedProcess {
  public let pid: pid_t
  /// Nothing is ever written to it.
  private var pipe: Descriptor?

  /// Starts the program at `path` with `arguments`, the first of which is its name, in the namespaces of the calling
  /// thread.
  public init(_ path: String, _ arguments: [String]) throws(SystemCallError) {
    let pipe = try Pipe()
    let null = Descriptor(
      owning: try checked(
        "open", to: "open /dev/null, as the output of a process of its own",
        advice: "/dev has no such device here: mount devtmpfs there, or mknod -m 666 /dev/null c 1 3"
      ) { open("/dev/null", O_WRONLY | O_CLOEXEC) })
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    pid = try checkedAnswer("posix_spawn", to: "start '\(arguments.joined(separator: " "))'") {
      zb_spawn_detached(path, &words, pipe.reading.number, null.number)
    }
    self.pipe = pipe.writing
  }

  /// Ends it: it is not needed any more. Its pipe must not end before it does.
  public func dismiss() {
    guard pipe != nil else { return }
    kill(pid, SIGKILL)
    while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    pipe = nil
  }
}
