import Linux
import SystemPackage

/// Whether this machine can receive in a mode at all, tried before anybody is served.
public enum ReceiveModeCheck {
  /// Sets the mode up as a worker would, and lets go of it; zero-copy receive has its own start.
  ///
  /// - Parameter length: bytes per receive call, as given with `-l`.
  /// - Throws: `notSupported` where the kernel has no such thing, `failed` where it is forbidden or memory is short.
  public static func run(_ mode: ReceiveMode, length: Int) throws(BenchmarkError) {
    guard let path = mode.workerPath else { return }
    do throws(SystemCallError) {
      let setup = ReceiveSetup(
        length: length, pattern: nil, wake: try EventDescriptor(), changed: try EventDescriptor())
      switch path {
      case .epoll, .discard: break
      case .uring: try tryTwice(after: absences) { () throws(SystemCallError) in _ = try UringReceive(setup) }
      case .mmap: try tryTwice(after: absences) { () throws(SystemCallError) in _ = try MappedReceive(setup) }
      }
    } catch {
      throw BenchmarkError(
        "--mode \(mode.rawValue): \(error.description) (--mode epoll needs nothing of the kind)",
        absences.contains(error.errno) ? .notSupported : .failed)
    }
  }

  /// The kernel was built without it, or is too old for it.
  private static let absences: Set<Errno> = [.noFunction, .invalidArgument, .operationNotSupportedByDevice]
}
