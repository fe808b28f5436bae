import CLinux
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a readable descriptor; SIGPIPE is ignored. Create it before starting any thread, so that
/// every thread inherits the blocked signals and none is interrupted.
public struct TerminationSignals: Sendable {
  public let descriptor: Descriptor
  private let record = Record()

  private final class Record: Sendable {
    let haveCome = Atomic(false)
  }

  public init() throws(SystemCallError) {
    descriptor = Descriptor(
      owning: try checkedAnswer("signalfd", to: "watch for termination signals") { zb_watch_termination() })
  }

  /// The next signal that arrived, by name; nil when there is none.
  public func next() -> String? {
    let number = zb_take_termination(descriptor.number)
    if number > 0 { record.haveCome.store(true, ordering: .relaxed) }
    return switch number {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: nil
    }
  }

  /// Whether `next` has ever returned one.
  public var haveCome: Bool { record.haveCome.load(ordering: .relaxed) }
}
