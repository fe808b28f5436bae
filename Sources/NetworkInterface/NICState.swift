import Linux

/// Everything about one interface that decides about receiving on it, at one time.
public struct NICState: Sendable, Equatable {
  public var identity: InterfaceIdentity
  public var link: LinkState
  public var placement: DevicePlacement
  public var driver: Reading<DriverInformation>
  public var channels: Reading<ChannelCounts>
  public var rings: Reading<RingParameters>
  public var features: Reading<FeatureStates>
  /// Context 0.
  public var spreading: Reading<ReceiveSideScaling>
  /// All other contexts.
  public var furtherSpreading: Reading<[ReceiveSideScaling]>
  public var flowRules: Reading<FlowRuleTable>
  public var device: Reading<NetdevDevice>
  public var queues: Reading<[QueueState]>
  public var napis: Reading<[NAPIState]>
  /// Those of the NAPI instances' interrupts that /proc/irq shows.
  public var interrupts: [InterruptAffinity]
  public var pagePools: Reading<[PagePoolState]>
  public var pagePoolStatistics: Reading<[PagePoolStatistics]>
  public var queueStatistics: Reading<[QueueStatistics]>
  public var driverStatistics: Reading<[DriverStatistic]>

  /// Reads interface `name` in the network namespace of the calling thread. Changes nothing, needs no privilege.
  /// - Parameter spreadingPath: which of the kernel's interfaces to read RSS by.
  public static func read(
    _ name: String, spreadingPath: RequestPath = .either
  ) throws(InterfaceProblem) -> NICState {
    let identity = try InterfacePreflight.identity(of: name)
    do throws(SystemCallError) {
      return try NICState(of: identity, spreadingPath: spreadingPath)
    } catch {
      throw .system(error)
    }
  }

  private init(of identity: InterfaceIdentity, spreadingPath: RequestPath) throws(SystemCallError) {
    let (name, index) = (identity.name, identity.index)
    var routes = try RouteSocket()
    guard var link = try routes.linkState(named: name) else {
      throw SystemCallError(
        attempt: "read the link of \(name)", call: "RTM_GETLINK", errno: .operationNotSupportedByDevice)
    }
    func ethtool<Value>(
      _ question: (inout EthtoolSocket) throws(SystemCallError) -> Value
    ) -> Reading<Value> {
      Reading { () throws(SystemCallError) in
        var socket = try EthtoolSocket()
        return try question(&socket)
      }
    }
    func netdev<Value>(
      _ question: (inout NetdevSocket) throws(SystemCallError) -> Value
    ) -> Reading<Value> {
      Reading { () throws(SystemCallError) in
        var socket = try NetdevSocket()
        return try question(&socket)
      }
    }
    link.speed = ethtool { socket throws(SystemCallError) in try socket.linkSpeed(of: name) }.value ?? nil
    let commands = try CommandSocket()
    let spreading = try ReceiveSideScalingControl(interface: name, path: spreadingPath)
    let napis = netdev { socket throws(SystemCallError) in try socket.napis(of: index) }

    self.identity = identity
    self.link = link
    placement = DevicePlacement.read(name, index: index)
    driver = Reading { () throws(SystemCallError) in try commands.driver(of: name) }
    channels = ethtool { socket throws(SystemCallError) in try socket.channels(of: name) }
    rings = ethtool { socket throws(SystemCallError) in try socket.rings(of: name) }
    features = ethtool { socket throws(SystemCallError) in try socket.features(of: name) }
    self.spreading = Reading { () throws(SystemCallError) in try spreading.read() }
    furtherSpreading = Reading { () throws(SystemCallError) in try spreading.further() }
    flowRules = Reading { () throws(SystemCallError) in try commands.flowRules(of: name) }
    device = netdev { socket throws(SystemCallError) in try socket.device(index) }
    queues = netdev { socket throws(SystemCallError) in try socket.queues(of: index) }
    self.napis = napis
    interrupts = Set((napis.value ?? []).compactMap(\.interrupt)).sorted().compactMap { number in
      Reading { () throws(SystemCallError) in try InterruptAffinity.read(number) }.value
    }
    pagePools = netdev { socket throws(SystemCallError) in try socket.pagePools(of: index) }
    pagePoolStatistics = netdev { socket throws(SystemCallError) in try socket.pagePoolStatistics(of: index) }
    queueStatistics = netdev { socket throws(SystemCallError) in try socket.queueStatistics(of: index) }
    driverStatistics = Reading { () throws(SystemCallError) in try commands.driverStatistics(of: name) }
  }
}
