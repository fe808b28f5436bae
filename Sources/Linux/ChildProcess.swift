import CLinux
import Glibc
import SystemPackage

/// A process started by this one, with pipes at its three standard streams. Its standard input stays open as long as this
/// value lives, so that a child can notice that its parent is gone, however it went.
public final class ChildProcess {
  private let running: Running
  private var status: Int32?
  /// What it has written so far.
  public private(set) var standardOutput: [UInt8] = []
  public private(set) var standardError: [UInt8] = []
  /// Both streams have been read to their end.
  public private(set) var hasClosedOutput = false
  private static let mostOutput = 64 << 20

  /// A process that has just been started, to be taken over by a `ChildProcess`, on any thread.
  public struct Running: Sendable {
    fileprivate let pid: pid_t
    fileprivate let input: Descriptor
    fileprivate let output: Descriptor
    fileprivate let errors: Descriptor
  }

  public init(_ running: Running) {
    self.running = running
  }

  /// Starts `arguments[0]` with `arguments`; it lives in the namespaces of the calling thread.
  public static func start(_ arguments: [String]) throws(SystemCallError) -> Running {
    let pipes = (try Pipe(), try Pipe(), try Pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes.0.reading.number, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, pipes.1.writing.number, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, pipes.2.writing.number, STDERR_FILENO)
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, arguments.first ?? "", &actions, nil, &words, environ)
    guard error == 0 else {
      throw SystemCallError(
        attempt: "start '\(arguments.joined(separator: " "))'", call: "posix_spawn", errno: Errno(rawValue: error))
    }
    return Running(pid: pid, input: pipes.0.writing, output: pipes.1.reading, errors: pipes.2.reading)
  }

  deinit {
    // A child that is given up is not left behind.
    if status == nil {
      kill(running.pid, SIGKILL)
      waitpid(running.pid, nil, 0)
    }
  }

  /// Collects output until `isEnough` is satisfied, the child has closed both streams, or `deadline` has come.
  ///
  /// - Returns: whether it was satisfied.
  @discardableResult
  public func collect(
    until deadline: MonotonicTime, _ isEnough: (ChildProcess) -> Bool = { _ in false }
  ) -> Bool {
    var polled = [running.output, running.errors].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
    while !isEnough(self) {
      let left = deadline.millisecondsLeft(from: .now())
      if left == 0 || hasClosedOutput { return false }
      guard poll(&polled, nfds_t(polled.count), left) > 0 else { continue }
      for index in polled.indices where polled[index].revents != 0 {
        if !take(from: polled[index].fd, isError: index == 1) { polled[index].fd = -1 }
      }
      hasClosedOutput = polled.allSatisfy { $0.fd < 0 }
    }
    return true
  }

  private func take(from descriptor: Int32, isError: Bool) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return count < 0 && errno == EINTR }
    if isError {
      if standardError.count < ChildProcess.mostOutput { standardError += buffer[..<count] }
    } else if standardOutput.count < ChildProcess.mostOutput {
      standardOutput += buffer[..<count]
    }
    return true
  }

  /// Asks it to end as ^C would.
  public func interrupt() {
    if status == nil { kill(running.pid, SIGINT) }
  }

  /// Waits for its end, reading on; ends it when `deadline` has come.
  ///
  /// - Returns: the exit status; nil when it ended by a signal, this one's included.
  public func end(by deadline: MonotonicTime) -> Int32? {
    collect(until: deadline)
    while status == nil {
      var raw: Int32 = 0
      let answer = waitpid(running.pid, &raw, WNOHANG)
      if answer == running.pid {
        status = raw
      } else if answer < 0, errno != EINTR {
        return nil
      } else if MonotonicTime.now() >= deadline {
        kill(running.pid, SIGKILL)
      }
      if status == nil { usleep(2000) }
    }
    guard let status, status & 0x7f == 0 else { return nil }
    return (status >> 8) & 0xff
  }
}

/// Both ends of a pipe, close-on-exec.
struct Pipe {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(SystemCallError) {
    var ends: [Int32] = [-1, -1]
    try checkedAnswer("pipe2", to: "make a pipe") { zb_pipe(&ends) }
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
  }
}
