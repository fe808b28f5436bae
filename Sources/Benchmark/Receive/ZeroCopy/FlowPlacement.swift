import Linux
import NetworkInterface

/// Finds the receive queue a connection's packets come in on.
struct FlowPlacement {
  init(_ device: ZeroCopySetup.Device?) {
    self.device = device
  }

  private let device: ZeroCopySetup.Device?
  /// Queue by NAPI, as last read.
  private var queues: [UInt32: Int] = [:]

  /// - Returns: the NAPI of the last packet (0 where the device has none), and its queue where it is known.
  mutating func place(of socket: Socket) -> (napi: UInt32, queue: Int?) {
    // A socket that cannot be asked any more has no place, and its reader will be told why.
    guard let device, let napi = try? socket.incomingNAPI(), napi != 0 else { return (0, nil) }
    if queues[napi] == nil { refresh(device) }
    return (napi, queues[napi])
  }

  /// A queue that is restarted may have another NAPI afterwards.
  private mutating func refresh(_ device: ZeroCopySetup.Device) {
  }

  func waitUntilUnbound() {
  }
}
