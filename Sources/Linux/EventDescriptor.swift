import CLinux
import Glibc

/// An eventfd: any thread signals, one thread waits (eventfd(2)).
public struct EventDescriptor: Sendable {
  public let descriptor: Descriptor

  public init() throws(SystemCallError) {
    descriptor = Descriptor(
      owning: try checked("eventfd", to: "create an event descriptor") {
        eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
      })
  }

  public func signal() {
    // A full counter (2^64 − 2) already reads as signalled, so a refused write loses nothing.
    _ = eventfd_write(descriptor.number, 1)
  }

  /// Waits until it is signalled; false when the time was up first. Signals that interrupt it cost no more than the rest
  /// of the time.
  public func wait(until deadline: MonotonicTime) -> Bool {
    while true {
      var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, deadline.millisecondsLeft(from: .now())) > 0 { return true }
      if MonotonicTime.now() >= deadline { return false }
    }
  }

  /// Takes back every signal so far.
  public func clear() {
    var count: eventfd_t = 0
    _ = eventfd_read(descriptor.number, &count)
  }
}
