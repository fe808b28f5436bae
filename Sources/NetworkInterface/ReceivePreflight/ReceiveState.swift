import Linux

/// All that is looked at before one queue of an interface is bound to an io_uring.
public struct ReceiveState: Sendable, Equatable {
  public var interface: String
  /// The queue to be bound.
  public var queue: Int
  public var link: LinkState
  /// The driver's name, or the kind of a software interface; nil where neither is known.
  public var driver: String?
  /// The devices below, where it has no queues of its own.
  public var stacked: StackedInterface?
  /// Where the queue is leased from; nil where it is the interface's own.
  public var lease: LeasedQueue?
  public var channels: Reading<ChannelCounts>
  /// Receive queues the driver has room for; they count where it has no channels.
  public var receiveQueueCapacity: Int
  public var rings: Reading<RingParameters>
  public var features: Reading<FeatureStates>
  public var queueState: Reading<QueueState>
  /// All RSS contexts that could be read.
  public var spreading: [ReceiveSideScaling]
  /// Nil where it could not be read.
  public var privileges: Privileges?
  /// Bytes of memory to be pinned for the queue; nil while that is undecided.
  public var areaBytes: UInt64?

  public init(
    interface: String, queue: Int, link: LinkState, driver: String?, stacked: StackedInterface? = nil,
    lease: LeasedQueue? = nil,
    channels: Reading<ChannelCounts>,
    receiveQueueCapacity: Int, rings: Reading<RingParameters>, features: Reading<FeatureStates>,
    queueState: Reading<QueueState>, spreading: [ReceiveSideScaling] = [], privileges: Privileges?,
    areaBytes: UInt64? = nil
  ) {
    self.interface = interface
    self.queue = queue
    self.link = link
    self.driver = driver
    self.stacked = stacked
    self.lease = lease
    self.channels = channels
    self.receiveQueueCapacity = receiveQueueCapacity
    self.rings = rings
    self.features = features
    self.queueState = queueState
    self.spreading = spreading
    self.privileges = privileges
    self.areaBytes = areaBytes
  }

  /// Reads it from the running kernel, in the network namespace of the calling thread. Changes nothing, needs no privilege.
  public static func read(
    interface identity: InterfaceIdentity, queue: Int, areaBytes: UInt64? = nil
  ) throws(SystemCallError) -> ReceiveState {
    var routes = try RouteSocket()
    guard let link = try routes.linkState(named: identity.name) else {
      throw SystemCallError(
        attempt: "read the link of \(identity.name)", call: "RTM_GETLINK", errno: .operationNotSupportedByDevice)
    }
    let name = identity.name
    let spreading = try ReceiveSideScalingControl(interface: name)
    return ReceiveState(
      interface: name, queue: queue, link: link,
      driver: try driver(of: identity),
      stacked: Reading { () throws(SystemCallError) in try StackedInterface.read(identity) }.value ?? nil,
      lease: LeasedQueue.read([queue], of: identity).first,
      channels: Reading { () throws(SystemCallError) in
        var socket = try EthtoolSocket()
        return try socket.channels(of: name)
      },
      receiveQueueCapacity: identity.receiveQueueCapacity,
      rings: Reading { () throws(SystemCallError) in
        var socket = try EthtoolSocket()
        return try socket.rings(of: name)
      },
      features: Reading { () throws(SystemCallError) in
        var socket = try EthtoolSocket()
        return try socket.features(of: name)
      },
      queueState: Reading { () throws(SystemCallError) in
        var socket = try NetdevSocket()
        return try socket.queue(queue, of: identity.index)
      },
      spreading: [Reading { () throws(SystemCallError) in try spreading.read() }.value].compactMap { $0 }
        + (Reading { () throws(SystemCallError) in try spreading.further() }.value ?? []),
      privileges: Reading(Privileges.ofThisThread).value, areaBytes: areaBytes)
  }

  private static func driver(of identity: InterfaceIdentity) throws(SystemCallError) -> String? {
    let commands = try CommandSocket()
    if let driver = Reading({ () throws(SystemCallError) in try commands.driver(of: identity.name).driver }).value,
      !driver.isEmpty
    {
      return driver
    }
    return identity.driver ?? identity.kind ?? (identity.name == "lo" ? "lo" : nil)
  }
}
