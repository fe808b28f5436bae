import CKernelABI
import Linux

/// One NAPI instance: what polls the queues of one interrupt (napi-get of family "netdev").
public struct NAPIState: Sendable, Equatable {
  /// What SO_INCOMING_NAPI_ID says of a socket whose packets it received.
  public var id: UInt32
  public var interfaceIndex: UInt32
  /// Number of its interrupt, a folder of /proc/irq; nil where the driver does not tell.
  public var interrupt: UInt32?
  /// The thread it polls in; nil where it polls in softirq.
  public var thread: UInt32?
  /// How often an empty poll leaves the interrupt masked.
  public var deferredInterrupts: UInt32?
  public var groFlushNanoseconds: UInt64?
  public var interruptSuspendNanoseconds: UInt64?
  /// 0 off, 1 on, 2 busy polling; nil where the kernel does not tell.
  public var threaded: UInt32?

  public init(id: UInt32, interfaceIndex: UInt32) {
    self.id = id
    self.interfaceIndex = interfaceIndex
  }
}

extension NetdevSocket {
  /// Reads one NAPI instance of any interface of this network namespace.
  /// - Throws: ENOENT where there is none of that id.
  public mutating func napi(_ id: UInt32) throws(SystemCallError) -> NAPIState {
    let attempt = "read NAPI instance \(id)"
    let answers = try ask(Int32(ZB_NETDEV_CMD_NAPI_GET), "NETDEV_CMD_NAPI_GET", to: attempt) {
      (request) throws(SystemCallError) in
      try request.put(Int(ZB_NETDEV_A_NAPI_ID), id)
    }
    guard let state = answers.lazy.compactMap(NAPIState.init).first else {
      throw SystemCallError(attempt: attempt, call: "NETDEV_CMD_NAPI_GET", errno: .noData)
    }
    return state
  }

  /// Reads the NAPI instances that serve queues of an interface, lowest id first; none while it is down.
  public mutating func napis(of interface: UInt32) throws(SystemCallError) -> [NAPIState] {
    try napis(serving: try queues(of: interface))
  }

  /// Reads the NAPI instances that serve `queues`, lowest id first.
  ///
  /// Each is asked for alone. A dump walks a list that it takes for sorted; it makes the kernel warn and leaves instances
  /// out where a driver has enabled them in another order than it added them (Linux 7.3, net/core/netdev-genl.c,
  /// netdev_nl_napi_dump_one), as gve does whenever a queue is restarted.
  mutating func napis(serving queues: [QueueState]) throws(SystemCallError) -> [NAPIState] {
    var states: [NAPIState] = []
    for id in Set(queues.compactMap(\.napi)).sorted() {
      do throws(SystemCallError) {
        states.append(try napi(id))
      } catch {
        // Its queue has been restarted since.
        guard error.errno == .noSuchFileOrDirectory else { throw error }
      }
    }
    return states
  }
}

extension NAPIDeferral {
  /// Puts a NAPI_SET's attributes; numbers of type "uint" may be 8 bytes long.
  static func put(
    _ deferral: NAPIDeferral, of napi: UInt32, into request: borrowing NetlinkMessage
  ) throws(SystemCallError) {
    try request.put(Int(ZB_NETDEV_A_NAPI_ID), napi)
    if let count = deferral.deferHardIRQs { try request.put(Int(ZB_NETDEV_A_NAPI_DEFER_HARD_IRQS), count) }
    if let time = deferral.groFlushTimeout {
      try request.put(
        Int(ZB_NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT), withUnsafeBytes(of: time) { Array($0) })
    }
  }
}

extension NetdevSocket {
  static var napiSet: (number: Int32, name: String) { (Int32(ZB_NETDEV_CMD_NAPI_SET), "NETDEV_CMD_NAPI_SET") }

  /// - Throws: ENOSYS where the running kernel cannot set NAPI instances.
  func requireNAPISet() throws(SystemCallError) {
    try require(NetdevSocket.napiSet.number, NetdevSocket.napiSet.name, to: "set NAPI instances")
  }
}

extension NAPIState {
  init?(_ attributes: NetlinkAttributes) {
    guard let id = attributes.identifier(Int(ZB_NETDEV_A_NAPI_ID)),
      let interface = attributes.identifier(Int(ZB_NETDEV_A_NAPI_IFINDEX))
    else { return nil }
    self.init(id: id, interfaceIndex: interface)
    interrupt = attributes.identifier(Int(ZB_NETDEV_A_NAPI_IRQ))
    thread = attributes.identifier(Int(ZB_NETDEV_A_NAPI_PID))
    deferredInterrupts = attributes.identifier(Int(ZB_NETDEV_A_NAPI_DEFER_HARD_IRQS))
    groFlushNanoseconds = attributes.number(Int(ZB_NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT))
    interruptSuspendNanoseconds = attributes.number(Int(ZB_NETDEV_A_NAPI_IRQ_SUSPEND_TIMEOUT))
    threaded = attributes.identifier(Int(ZB_NETDEV_A_NAPI_THREADED))
  }
}
