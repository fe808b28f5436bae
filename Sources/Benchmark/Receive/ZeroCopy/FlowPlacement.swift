import Linux
import NetworkInterface

/// Finds the receive queue a connection's packets come in on.
struct FlowPlacement {
  private let device: ZeroCopySetup.Device?
  private var locator = QueueLocator([])

  init(_ device: ZeroCopySetup.Device?) {
    self.device = device
  }

  /// - Returns: the NAPI of the last packet (0 where the device has none), and its queue where it is known.
  mutating func place(of socket: Socket) -> (napi: UInt32, queue: Int?) {
    // A socket that cannot be asked any more has no place, and whoever reads it will be told why.
    guard let device, let napi = try? socket.incomingNAPI(), napi != 0 else { return (0, nil) }
    if let leased = device.leases.first(where: { $0.origin?.napi == napi }) { return (napi, leased.queue) }
    if let queue = locator.receiveQueue(of: napi) { return (napi, queue) }
    // Queues get other NAPI ids when an interface is reconfigured.
    if let fresh = Self.read(device) { locator = fresh }
    return (napi, locator.receiveQueue(of: napi))
  }

  /// Nil where the kernel does not tell (before 6.8).
  private static func read(_ device: ZeroCopySetup.Device) -> QueueLocator? {
    do throws(SystemCallError) {
      var socket = try NetdevSocket()
      return try QueueLocator(interface: device.index, through: &socket)
    } catch {
      return nil
    }
  }

  /// Waits until the kernel has really let go of the queues: closing a ring only schedules that.
  ///
  /// - Returns: the queues that are still held, each with its holder.
  func waitUntilUnbound(_ queues: [Int]) -> [String] {
    guard let device else { return [] }
    do throws(SystemCallError) {
      var socket = try NetdevSocket()
      var held: [String] = []
      for queue in queues {
        if let holder = try ProviderBinding.waitUntilGone(queue: queue, interface: device.index, through: &socket) {
          held.append("queue \(queue) of \(device.name) is still held: \(holder)")
        }
      }
      return held
    } catch {
      // A device that is gone, or a kernel that does not tell, leaves nothing to wait for.
      return []
    }
  }
}
