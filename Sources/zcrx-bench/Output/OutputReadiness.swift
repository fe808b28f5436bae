import Glibc
import Linux
import SystemPackage

/// Waits until output can be written, so that a reader who has stopped reading does not make the tool deaf to signals.
enum OutputReadiness {
  /// - Parameter milliseconds: −1 waits without limit.
  /// - Returns: false when a signal is pending or the time is up, and the output still takes nothing.
  static func wait(for output: FileDescriptor, or signals: TerminationSignals?, milliseconds: Int32) -> Bool {
    var polled = [pollfd(fd: output.rawValue, events: Int16(POLLOUT), revents: 0)]
    if let signals { polled.append(pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)) }
    while true {
      let count = poll(&polled, nfds_t(polled.count), milliseconds)
      if count < 0, errno == EINTR { continue }
      // What poll itself cannot judge is left to the write.
      return count < 0 || polled[0].revents != 0
    }
  }
}
