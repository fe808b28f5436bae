import CLinux
import Glibc

/// SIGINT, SIGTERM and SIGHUP as a readable descriptor; SIGPIPE is ignored. Create it before starting any thread, so that
/// every thread inherits the blocked signals and none is interrupted.
public struct TerminationSignals: Sendable {
  public let descriptor: Descriptor

  public init() throws(SystemCallError) {
    descriptor = Descriptor(
      owning: try checkedAnswer("signalfd", to: "watch for termination signals") { zb_watch_termination() })
  }

  /// The next signal that arrived, by name; nil when there is none.
  public func next() -> String? {
    switch zb_take_termination(descriptor.number) {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: nil
    }
  }
}
