import Glibc
import Linux

extension MemoryWatch {
  /// Looks at one idle second before a client's traffic. Nothing is waited for where nothing can be counted.
  /// - Returns: false when a signal is pending before it is over.
  func lookAtIdleSecond(signals: TerminationSignals) -> Bool {
    guard meter != nil else { return true }
    note(isIdle: true, at: .now())
    while let deadline {
      var polled = pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)
      if poll(&polled, 1, deadline.millisecondsLeft(from: .now())) > 0 { return false }
      note(isIdle: true, at: .now())
    }
    return true
  }
}
