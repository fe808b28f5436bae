import Linux
import SystemPackage

@testable import NetworkInterface

/// States of interfaces before a lease, constructed from what each driver does; nobody recorded them from hardware.
enum LeaseStates {
  static func state(
    _ driver: String, queues: Int = 8, maximum: Int = 16, table: [UInt32]? = nil, rings: RingParameters,
    features: FeatureStates
  ) -> InterfaceState {
    InterfaceState(
      interface: "eth0", driver: driver, link: LinkState(isUp: true, hasCarrier: true), receiveQueueCapacity: maximum,
      channels: .known(ChannelCounts(combined: queues, combinedMaximum: maximum)), rings: .known(rings),
      features: .known(features),
      spreading: .known(ReceiveSideScaling(table: table ?? SpreadingTable.standard(size: 128, queues: queues))),
      furtherSpreading: .known([]), flowRules: .known(FlowRuleTable(size: 1024)))
  }

  static func rings(
    _ receive: Int, maximum: Int, jumbo: Int? = nil, split: TCPDataSplit?, threshold: Int?
  ) -> RingParameters {
    var rings = RingParameters()
    rings.receive = receive
    rings.receiveMaximum = maximum
    rings.receiveJumbo = jumbo
    rings.receiveJumboMaximum = jumbo.map { _ in maximum }
    rings.tcpDataSplit = split
    rings.headerDataSplitThreshold = threshold
    return rings
  }

  /// Linux 7.3, bnxt_ethtool.c: the split is reported whoever has configured it; the threshold begins as the copy
  /// threshold; ntuple is on.
  static let bnxt = state(
    "bnxt_en", rings: rings(511, maximum: 2047, jumbo: 2044, split: .enabled, threshold: 256),
    features: FeatureStates(
      changeable: ["rx-ntuple-filter", "rx-gro-hw"], wanted: ["rx-ntuple-filter", "rx-gro-hw"],
      active: ["rx-ntuple-filter", "rx-gro-hw"]))

  /// Linux 7.3, gve_ethtool.c: no threshold, the split off, ntuple off and changeable.
  static let gve = state(
    "gve", rings: rings(1024, maximum: 4096, split: .disabled, threshold: nil),
    features: FeatureStates(changeable: ["rx-ntuple-filter"]))

  /// Linux 7.3, mlx5 en_ethtool.c and en/rqt.c: what is reported of the split is what was configured, nothing; 256
  /// entries; rx-gro-hw off.
  static let mlx5 = state(
    "mlx5_core", table: SpreadingTable.standard(size: 256, queues: 8),
    rings: rings(1024, maximum: 8192, split: nil, threshold: 0),
    features: FeatureStates(changeable: ["rx-ntuple-filter", "rx-gro-hw"]))

  /// Linux 7.3, fbnic_ethtool.c: always split, with a threshold; ntuple on and fixed.
  static let fbnic = state(
    "fbnic", rings: rings(1024, maximum: 65_536, jumbo: 256, split: .enabled, threshold: 1536),
    features: FeatureStates(active: ["rx-ntuple-filter"], fixed: ["rx-ntuple-filter"]))

  static let all = [bnxt, gve, mlx5, fbnic]

  /// As it must be, on a driver nothing is known of.
  static let ready = state(
    "frobnic", table: [0, 1, 2, 3, 4, 5, 6, 0], rings: rings(256, maximum: 4096, split: .enabled, threshold: 0),
    features: FeatureStates(changeable: ["rx-ntuple-filter"], active: ["rx-ntuple-filter"]))

  static func change(_ state: InterfaceState, _ change: (inout InterfaceState) -> Void) -> InterfaceState {
    var state = state
    change(&state)
    return state
  }

  static func queues(_ count: Int, of maximum: Int) -> Reading<ChannelCounts> {
    .known(ChannelCounts(combined: count, combinedMaximum: maximum))
  }
}

/// An interface that does what it is told, as its driver does: for tests of what is told.
final class SimulatedDevice: LeaseDevice {
  var state: InterfaceState
  private(set) var applied: [LeaseChange] = []
  private(set) var configuredSplit = TCPDataSplit.automatic
  /// Somebody has set the table: it is kept when channels change.
  private var isTableUsers: Bool
  /// Is refused once its time comes: the index of the request.
  var refusesRequest: Int?
  /// Is accepted without effect.
  var ignoresRequest: Int?
  var isGone = false
  /// Does something before a request.
  var intervene: (SimulatedDevice, LeaseChange) -> Void = { _, _ in }
  private var requests = 0
  static let notSupported = SystemCallError(attempt: "read it", call: "ETHTOOL_GRXCLSRLALL", errno: .notSupported)
  static let refusal = SystemCallError(
    attempt: "set it", call: "ETHTOOL_MSG", errno: .invalidArgument, kernelText: "the device says no")

  init(_ state: InterfaceState) {
    self.state = state
    isTableUsers = !SpreadingTable.isStandard(state.table, queues: state.receiveQueues)
  }

  func read() throws(SystemCallError) -> InterfaceState {
    try checkPresence()
    return state
  }

  private func checkPresence() throws(SystemCallError) {
    guard isGone else { return }
    throw SystemCallError(attempt: "find it", call: "RTM_GETLINK", errno: .operationNotSupportedByDevice)
  }

  func apply(_ change: LeaseChange) throws(SystemCallError) -> String? {
    try checkPresence()
    intervene(self, change)
    requests += 1
    if requests == refusesRequest { throw SimulatedDevice.refusal }
    if requests == ignoresRequest { return "ignored" }
    applied.append(change)
    switch change {
    case .channels(_, let to): setChannels(to)
    case .feature(let name, _, let to): try set(name, to)
    case .rings(_, let to): try set(to)
    case .spreading(_, let to):
      setTable(to.isStandard ? SpreadingTable.standard(size: state.table.count, queues: state.receiveQueues) : to.table)
      isTableUsers = !to.isStandard
    case .deferral(let place, _, let to): set(place, to)
    }
    return nil
  }

  /// What NAPI defers is set as netdev-genl.c and net-sysfs.c of Linux 7.3 do: the device's setting sets every instance.
  func set(_ place: LeaseChange.DeferralPlace, _ to: NAPIDeferral) {
    func setting(_ deferral: NAPIDeferral) -> NAPIDeferral {
      NAPIDeferral(
        deferHardIRQs: to.deferHardIRQs ?? deferral.deferHardIRQs,
        groFlushTimeout: to.groFlushTimeout ?? deferral.groFlushTimeout)
    }
    var queues = state.queueDeferrals.value ?? [:]
    switch place {
    case .queue(let queue, _):
      if let present = queues[queue] { queues[queue]?.deferral = setting(present.deferral) }
    case .device:
      state.deviceDeferral = state.deviceDeferral.map(setting)
      for queue in queues.keys { queues[queue].map { queues[queue]?.deferral = setting($0.deferral) } }
    }
    if state.queueDeferrals.value != nil { state.queueDeferrals = .known(queues) }
  }

  func setTable(_ table: [UInt32]) {
    state.spreading = .known(ReceiveSideScaling(table: table))
  }

  private func setChannels(_ to: LeaseChange.ChannelSetting) {
    let before = state.receiveQueues
    guard var counts = state.channels.value else { return }
    counts.combined = to.combined
    counts.receive = to.receive
    state.channels = .known(counts)
    let size = DriverPeculiarity.of(state.driver).tableSize(
      state.table.count, queues: before, next: counts.receiveQueues)
    setTable(
      isTableUsers
        ? SpreadingTable.resized(state.table, to: size) ?? []
        : SpreadingTable.standard(size: size, queues: counts.receiveQueues))
  }

  private func set(_ feature: String, _ isOn: Bool) throws(SystemCallError) {
    guard var features = state.features.value else { throw SimulatedDevice.refusal }
    features.active = isOn ? features.active.union([feature]) : features.active.subtracting([feature])
    features.wanted = isOn ? features.wanted.union([feature]) : features.wanted.subtracting([feature])
    state.features = .known(features)
  }

  private func set(_ setting: LeaseChange.RingSetting) throws(SystemCallError) {
    guard var rings = state.rings.value else { throw SimulatedDevice.refusal }
    if let receive = setting.receive { rings.receive = receive }
    if let jumbo = setting.receiveJumbo { rings.receiveJumbo = jumbo }
    if let threshold = setting.threshold { rings.headerDataSplitThreshold = threshold }
    if let split = setting.split {
      if split == .enabled, state.driver == "mlx5_core", state.features.value?.active.contains("rx-gro-hw") != true {
        throw SystemCallError(
          attempt: "set the rings of eth0", call: "ETHTOOL_MSG_RINGS_SET", errno: .invalidArgument,
          kernelText: "TCP-data-split is not supported when GRO HW is disabled")
      }
      configuredSplit = split
      switch state.driver {
      case "bnxt_en", "fbnic": break
      case "mlx5_core": rings.tcpDataSplit = split == .automatic ? nil : split
      default: rings.tcpDataSplit = split == .enabled ? .enabled : .disabled
      }
    }
    state.rings = .known(rings)
  }

  func insert(_ rule: FlowRule) throws(SystemCallError) -> UInt32 {
    requests += 1
    if requests == refusesRequest { throw SimulatedDevice.refusal }
    var rule = rule
    guard var table = state.flowRules.value else { throw SimulatedDevice.refusal }
    if rule.location == FlowRule.anyLocation {
      rule.location = (0..<1024).last { place in !table.rules.contains { $0.location == place } } ?? 0
    }
    table.rules.append(rule)
    state.flowRules = .known(table)
    return rule.location
  }

  func rule(at location: UInt32) throws(SystemCallError) -> FlowRule? {
    try checkPresence()
    return state.flowRules.value?.rules.first { $0.location == location }
  }

  func deleteRule(at location: UInt32) throws(SystemCallError) {
    guard var table = state.flowRules.value else { throw SimulatedDevice.refusal }
    table.rules.removeAll { $0.location == location }
    state.flowRules = .known(table)
  }

  func makeContext(_ table: [UInt32]) throws(SystemCallError) -> UInt32 {
    requests += 1
    if requests == refusesRequest { throw SimulatedDevice.refusal }
    let present = state.furtherSpreading.value ?? []
    let number = (1...UInt32.max).first { number in !present.contains { $0.context == number } } ?? 1
    state.furtherSpreading = .known(present + [ReceiveSideScaling(context: number, table: table)])
    return number
  }

  func context(_ number: UInt32) throws(SystemCallError) -> ReceiveSideScaling? {
    try checkPresence()
    return state.furtherSpreading.value?.first { $0.context == number }
  }

  func deleteContext(_ number: UInt32) throws(SystemCallError) {
    let rules = state.flowRules.value?.rules ?? []
    guard !rules.contains(where: { $0.action == .context(number, firstQueue: 0) }) else {
      throw SystemCallError(attempt: "delete it", call: "ETHTOOL_MSG_RSS_DELETE_ACT", errno: .resourceBusy)
    }
    state.furtherSpreading = state.furtherSpreading.map { $0.filter { $0.context != number } }
  }

  func waitUntilFree(_ queues: [Int], seconds: Double) throws(SystemCallError) -> String? { nil }
}
