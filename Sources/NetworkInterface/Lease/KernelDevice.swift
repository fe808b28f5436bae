import Linux
import SystemPackage

/// An interface of the kernel's, by its index: it may be renamed meanwhile. In the network namespace of the thread that
/// calls.
final class KernelDevice: LeaseDevice {
  let index: UInt32
  private let path: RequestPath
  private var ethtool: EthtoolSocket
  private let commands: CommandSocket

  init(index: UInt32, spreadingPath: RequestPath = .either) throws(SystemCallError) {
    self.index = index
    path = spreadingPath
    ethtool = try EthtoolSocket()
    commands = try CommandSocket()
  }

  /// Who the interface is by now.
  /// - Throws: ENODEV once it is not there any more.
  func identity() throws(SystemCallError) -> (interface: InterfaceIdentity, link: LinkState) {
    var routes = try RouteSocket()
    guard let interface = try routes.interface(index: index), let link = try routes.linkState(index: index) else {
      throw SystemCallError(
        attempt: "find the interface with index \(index)", call: "RTM_GETLINK", errno: .operationNotSupportedByDevice,
        advice: "it was removed, or moved to another network namespace")
    }
    return (interface, link)
  }

  func driver(of interface: InterfaceIdentity) -> String? {
    let driver = Reading { () throws(SystemCallError) in try commands.driver(of: interface.name).driver }.value ?? ""
    return driver.isEmpty ? interface.driver ?? interface.kind : driver
  }

  func read() throws(SystemCallError) -> InterfaceState {
    let (interface, link) = try identity()
    let name = interface.name
    let spreading = try ReceiveSideScalingControl(interface: name, path: path)
    var state = InterfaceState(
      interface: name, driver: driver(of: interface), link: link, receiveQueueCapacity: interface.receiveQueueCapacity,
      channels: Reading { () throws(SystemCallError) in try ethtool.channels(of: name) },
      rings: Reading { () throws(SystemCallError) in try ethtool.rings(of: name) },
      features: Reading { () throws(SystemCallError) in try ethtool.features(of: name) },
      spreading: Reading { () throws(SystemCallError) in try spreading.read() },
      furtherSpreading: Reading { () throws(SystemCallError) in try spreading.further() },
      flowRules: Reading { () throws(SystemCallError) in try commands.flowRules(of: name) }, holders: holders())
    state.queueDeferrals = Reading { () throws(SystemCallError) in try QueueDeferral.read(interface: index) }
    state.deviceDeferral = Reading { () throws(SystemCallError) in try DeviceDeferral.read(name, index: index) }
    return state
  }

  private func holders() -> [Int: String] {
    let queues = Reading { () throws(SystemCallError) in
      var netdev = try NetdevSocket()
      return try netdev.queues(of: index)
    }
    let held = (queues.value ?? []).compactMap { queue in
      queue.direction == .receive ? queue.holder.map { (queue.number, $0) } : nil
    }
    return Dictionary(held) { first, _ in first }
  }

  func apply(_ change: LeaseChange) throws(SystemCallError) -> String? {
    let name = try identity().interface.name
    switch change {
    case .channels(let from, let to):
      let change = ChannelChange(
        receive: to.receive == from.receive ? nil : to.receive,
        combined: to.combined == from.combined ? nil : to.combined)
      return try ethtool.setChannels(of: name, to: change).warning
    case .feature(let feature, _, let to):
      let present = try ethtool.features(of: name)
      if present.wanted.contains(feature) == to, present.active.contains(feature) != to {
        // The driver has refused this before, and is asked again only once something else was wanted meanwhile.
        _ = try ethtool.setFeatures(of: name, to: [feature: !to])
      }
      return try ethtool.setFeatures(of: name, to: [feature: to]).warning
    case .rings(_, let to):
      return try set(to, of: name)
    case .spreading(_, let to):
      let control = try ReceiveSideScalingControl(interface: name, path: path)
      return try control.set(to: ReceiveSideScalingChange(table: to.isStandard ? [] : to.table)).warning
    case .deferral(let place, _, let to):
      try set(place, to: to, of: name)
      return nil
    }
  }

  /// A split that is to be off was off by the driver's choice, if anyhow possible. Most drivers take "automatic" for that;
  /// one that is known to keep what it has then is told "off" at once, because with it each request that changes anything
  /// costs everybody the carrier for a moment.
  private func set(_ setting: LeaseChange.RingSetting, of name: String) throws(SystemCallError) -> String? {
    var change = RingChange(
      receive: setting.receive, receiveJumbo: setting.receiveJumbo, tcpDataSplit: setting.split,
      headerDataSplitThreshold: setting.threshold)
    let keepsSplit = DriverPeculiarity.of(driver(of: try identity().interface)).contains(.automaticKeepsSplit)
    guard setting.split == .disabled, !keepsSplit else { return try set(change, of: name) }
    change.tcpDataSplit = .automatic
    var warning = try ethtool.setRings(of: name, to: change).warning
    if try ethtool.rings(of: name).tcpDataSplit == .disabled { return warning }
    for split in [TCPDataSplit.disabled, .automatic] {
      warning = try ethtool.setRings(of: name, to: RingChange(tcpDataSplit: split)).warning ?? warning
    }
    if try ethtool.rings(of: name).tcpDataSplit != .disabled {
      warning = try ethtool.setRings(of: name, to: RingChange(tcpDataSplit: .disabled)).warning ?? warning
    }
    return warning
  }

  /// The kernel asks a driver only for what differs from its own record. A driver that failed half-way may have kept what the
  /// record does not have (gve keeps a split for which it could not make its queues), and is then not asked for the opposite:
  /// to ask for what it has makes the record right, and the wish goes through.
  private func set(_ change: RingChange, of name: String) throws(SystemCallError) -> String? {
    var warning = try ethtool.setRings(of: name, to: change).warning
    guard let wish = change.tcpDataSplit, wish != .automatic, let present = try ethtool.rings(of: name).tcpDataSplit,
      present != wish
    else { return warning }
    for split in [present, wish] {
      warning = try ethtool.setRings(of: name, to: RingChange(tcpDataSplit: split)).warning ?? warning
    }
    return warning
  }

  private func set(
    _ place: LeaseChange.DeferralPlace, to deferral: NAPIDeferral, of name: String
  ) throws(SystemCallError) {
    guard case .queue(let queue, _) = place else { return try DeviceDeferral.set(name, to: deferral) }
    guard let napi = try QueueDeferral.read(interface: index)[queue]?.napi else {
      throw SystemCallError(
        attempt: "find the NAPI instance of queue \(queue) of \(name)", call: "NETDEV_CMD_QUEUE_GET",
        errno: .noSuchFileOrDirectory)
    }
    var netdev = try NetdevSocket()
    try netdev.setNAPI(napi, to: deferral)
  }

  func insert(_ rule: FlowRule) throws(SystemCallError) -> UInt32 {
    try commands.insert(rule, into: try identity().interface.name)
  }

  func rule(at location: UInt32) throws(SystemCallError) -> FlowRule? {
    try commands.flowRule(at: location, of: try identity().interface.name)
  }

  func deleteRule(at location: UInt32) throws(SystemCallError) {
    try commands.deleteFlowRule(at: location, of: try identity().interface.name)
  }

  func makeContext(_ table: [UInt32]) throws(SystemCallError) -> UInt32 {
    try control().create(ReceiveSideScalingChange(table: table)).answer
  }

  func context(_ number: UInt32) throws(SystemCallError) -> ReceiveSideScaling? {
    do throws(SystemCallError) {
      return try control().read(context: number)
    } catch {
      guard error.errno == .noSuchFileOrDirectory else { throw error }
      return nil
    }
  }

  func deleteContext(_ number: UInt32) throws(SystemCallError) {
    _ = try control().delete(context: number)
  }

  private func control() throws(SystemCallError) -> ReceiveSideScalingControl {
    try ReceiveSideScalingControl(interface: try identity().interface.name, path: path)
  }

  func waitUntilFree(_ queues: [Int], seconds: Double) throws(SystemCallError) -> String? {
    let deadline = MonotonicTime.now().adding(seconds: seconds)
    var netdev: NetdevSocket
    do throws(SystemCallError) {
      netdev = try NetdevSocket()
    } catch {
      // A kernel that does not tell about queues lends none.
      guard error.isNotOffered else { throw error }
      return nil
    }
    for queue in queues {
      let left = deadline.seconds(since: .now())
      do throws(SystemCallError) {
        let holder = try ProviderBinding.waitUntilGone(
          queue: queue, interface: index, seconds: max(0, left), through: &netdev)
        if let holder { return "queue \(queue) is still held by \(holder)" }
      } catch {
        // There is no such queue (yet, or any more): nobody holds it.
        guard error.errno == .invalidArgument || error.isNotOffered else { throw error }
      }
    }
    return nil
  }
}
