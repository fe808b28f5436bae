import Glibc
import Linux
import SystemPackage

/// Whether a receive queue gets its memory from somebody else than its driver: an io_uring, a dma-buf, an AF_XDP socket.
public enum ProviderBinding {
  /// Who holds the queue, in a phrase; nil where nobody does. A queue of an interface that is down is held by nobody: the
  /// kernel has no such queue then (ENOENT).
  public static func holder(
    of queue: Int, interface: UInt32, through socket: inout NetdevSocket
  ) throws(SystemCallError) -> String? {
    do throws(SystemCallError) {
      return try socket.queue(queue, of: interface).holder
    } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw error
    }
  }

  /// Waits until nobody holds the queue. Closing a ring only schedules the end of its binding; the kernel's own tests wait
  /// up to 5 s for it.
  /// - Returns: who still holds it after `seconds`; nil where nobody does.
  public static func waitUntilGone(
    queue: Int, interface: UInt32, seconds: Double = 5, through socket: inout NetdevSocket
  ) throws(SystemCallError) -> String? {
    try waitUntilGone(seconds: seconds) { () throws(SystemCallError) in
      try holder(of: queue, interface: interface, through: &socket)
    }
  }

  static func waitUntilGone(
    seconds: Double, _ holder: () throws(SystemCallError) -> String?
  ) throws(SystemCallError) -> String? {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while let present = try holder() {
      guard clock.now < deadline else { return present }
      usleep(5_000)
    }
    return nil
  }
}
