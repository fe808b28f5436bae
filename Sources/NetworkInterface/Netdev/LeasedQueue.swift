import Linux

/// A queue of a netkit interface that is leased from a physical device (Linux 7.1): what is bound to it is bound to that
/// device's queue, and packets come in through that queue's NAPI instance.
public struct LeasedQueue: Sendable, Equatable {
  /// Of the netkit interface.
  public var interface: String
  public var queue: Int
  /// Where it is leased from; nil where that is in another network namespace, from where it cannot be seen.
  public var origin: Origin?

  public struct Origin: Sendable, Equatable {
    public var interface: String
    public var queue: Int
    public var napi: UInt32?

    public init(interface: String, queue: Int, napi: UInt32? = nil) {
      self.interface = interface
      self.queue = queue
      self.napi = napi
    }
  }

  public init(interface: String, queue: Int, origin: Origin? = nil) {
    self.interface = interface
    self.queue = queue
    self.origin = origin
  }

  /// The leased ones among `queues` of an interface; empty of one that is no netkit. Its first queue is its own; every
  /// further one is made by a lease (drivers/net/netkit.c, netkit_queue_create).
  public static func read(_ queues: [Int], of identity: InterfaceIdentity) -> [LeasedQueue] {
    guard identity.kind == "netkit" else { return [] }
    let found = Reading { () throws(SystemCallError) in
      var netdev = try NetdevSocket()
      let own = try netdev.queues(of: identity.index).filter { $0.direction == .receive && $0.number > 0 }.map(\.number)
      var routes = try RouteSocket()
      var leases: [LeasedQueue] = []
      for link in try routes.links() where link.index != identity.index {
        // A device without queues that can be told has none that is lent.
        guard let states = try? netdev.queues(of: link.index) else { continue }
        leases += states.compactMap { LeasedQueue($0, of: link.name, to: identity) }
      }
      return own.map { number in
        leases.first { $0.queue == number } ?? LeasedQueue(interface: identity.name, queue: number)
      }
    }
    return (found.value ?? []).filter { queues.contains($0.queue) }
  }

  /// Nil where the physical queue is not lent to that interface.
  init?(_ state: QueueState, of device: String, to identity: InterfaceIdentity) {
    guard state.direction == .receive, let lease = state.lease, lease.interfaceIndex == identity.index,
      lease.namespace == nil
    else { return nil }
    self.init(
      interface: identity.name, queue: lease.queue,
      origin: Origin(interface: device, queue: state.number, napi: state.napi))
  }

  /// "queue 1 of nk0 is leased from queue 3 of eth0".
  public var what: String {
    let from = origin.map { "queue \($0.queue) of \($0.interface)" } ?? "a device of another network namespace"
    return "queue \(queue) of \(interface) is leased from \(from)"
  }
}
