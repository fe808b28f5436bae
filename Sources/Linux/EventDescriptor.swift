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

  /// Takes back every signal so far.
  public func clear() {
    var count: eventfd_t = 0
    _ = eventfd_read(descriptor.number, &count)
  }
}
