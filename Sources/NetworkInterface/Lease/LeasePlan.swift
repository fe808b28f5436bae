import Linux
import SystemPackage

/// The changes that bring an interface from a state to a wish, in the order they are made; nothing that is as wished.
public struct LeasePlan: Sendable, Equatable {
  public var changes: [LeaseChange]

  /// Plans; pure.
  /// - Throws: why it cannot be.
  public static func make(_ wish: LeaseWish, in state: InterfaceState) throws(LeaseRefusal) -> LeasePlan {
    try Planner(wish: wish, state: state).plan()
  }

  /// The commands of ethtool(8) that do the same; none for what is only written down, to be put back.
  public func commands(for interface: String) -> [String] {
    changes.filter { $0 != $0.inverse }.map { $0.command(for: interface) }
  }
}

private struct Planner {
  let wish: LeaseWish
  let state: InterfaceState
  let kinds: [DriverPeculiarity.Kind]
  let name: String

  init(wish: LeaseWish, state: InterfaceState) {
    self.wish = wish
    self.state = state
    kinds = DriverPeculiarity.of(state.driver)
    name = state.interface
  }

  func plan() throws(LeaseRefusal) -> LeasePlan {
    try checkQueues()
    try checkOthers()
    let channels = try planChannels()
    // Hardware GRO before the split that depends on it; other connections move last, when all else has worked.
    let parts = [channels?.change, try planHardwareGRO(), try planRings(), try planRules()]
    let deferrals = try DeferralPlanner(wish: wish, state: state).plan()
    let spreading = try planSpreading(queues: channels?.queues ?? state.receiveQueues)
    // What is to be kept comes first, because it is undone last: whatever else is put back may make NAPI anew.
    let kept = kinds.contains(.makesNAPIAnew) ? LeaseChange.kept(in: state) : []
    return LeasePlan(changes: kept + parts.compactMap { $0 } + deferrals + [spreading].compactMap { $0 })
  }

  private func checkQueues() throws(LeaseRefusal) {
    guard !wish.queues.isEmpty else { throw LeaseRefusal(.noQueue, "no queue of \(name) is named") }
    guard state.link.isUp else { throw LeaseRefusal(.linkDown, "\(name) is down", fix: "ip link set dev \(name) up") }
    if let attached = state.link.expressDataPath {
      throw LeaseRefusal(
        .expressDataPath,
        "an XDP program is attached to \(name) (\(attached.programs.map(String.init).joined(separator: ", ")))",
        fix: "ip link set dev \(name) xdp off")
    }
    for case .cannotRestart(let queue) in kinds where wish.queues.contains(queue) {
      throw LeaseRefusal(
        .queueCannotRestart, "\(state.driver ?? name) cannot restart queue \(queue)", fix: "choose another queue (-q)")
    }
    if let queue = wish.queues.first(where: { state.holders[$0] != nil }), let holder = state.holders[queue] {
      throw LeaseRefusal(
        .queueHeld, "queue \(queue) of \(name) is held by \(holder)",
        fix: "choose another queue (-q), or end its holder")
    }
  }

  /// What a user has made that leads to our queues.
  private func checkOthers() throws(LeaseRefusal) {
    guard !wish.steeringIsUsers else { return }
    for context in state.furtherSpreading.value ?? [] {
      if let queue = wish.queues.first(where: { context.uses(queue: $0) }) {
        throw LeaseRefusal(
          .contextUsesQueue, "RSS context \(context.context) of \(name) spreads packets onto queue \(queue)",
          fix: "choose another queue (-q), or ethtool -X \(name) context \(context.context) delete")
      }
    }
    for rule in state.flowRules.value?.rules ?? [] {
      guard case .queue(let queue) = rule.action, wish.queues.contains(Int(queue)) else { continue }
      throw LeaseRefusal(
        .ruleUsesQueue, "flow rule \(rule.location) of \(name) already leads to queue \(queue)",
        fix: "choose another queue (-q), or ethtool -N \(name) delete \(rule.location)")
    }
  }

  private func planChannels() throws(LeaseRefusal) -> (change: LeaseChange, queues: Int)? {
    let present = state.receiveQueues
    let counts = state.channels.value
    let highest = wish.queues.max() ?? 0
    // Somebody has to take the packets that no rule sends to us.
    let needed = max(highest + 1, Set(wish.queues).count == highest + 1 ? highest + 2 : 0)
    guard needed > present else { return nil }
    let maximum = max(present, counts.map { $0.receiveMaximum + $0.combinedMaximum } ?? 0)
    guard maximum > 1 else {
      throw LeaseRefusal(
        .oneChannel, "\(name) can have one receive queue only, and other connections need one that is not bound")
    }
    guard highest < maximum else {
      throw LeaseRefusal(
        .queueBeyondMaximum, "there is no queue \(highest): \(name) can have \(maximum) receive queues")
    }
    guard needed <= maximum, let counts else {
      throw LeaseRefusal(
        .noOtherQueue,
        "no queue of \(name) would be left for other connections: it can have \(maximum) receive queues",
        fix: "leave one out of -q")
    }
    let from = LeaseChange.ChannelSetting(counts)
    var to = from
    let combined = min(counts.combinedMaximum, needed - counts.receive)
    if combined > from.combined { to.combined = combined }
    to.receive = max(from.receive, needed - to.combined)
    guard to.receive <= max(counts.receiveMaximum, from.receive) else {
      throw LeaseRefusal(
        .queueBeyondMaximum, "\(name) cannot have \(needed) receive queues beside its \(counts.receive) separate ones")
    }
    return (.channels(from: from, to: to), needed)
  }

  private func planHardwareGRO() throws(LeaseRefusal) -> LeaseChange? {
    guard kinds.contains(.splitNeedsHardwareGRO) else { return nil }
    let feature = FeatureStates.hardwareGRO
    guard let features = state.features.value, !features.active.contains(feature) else { return nil }
    guard features.canChange(feature) else {
      throw LeaseRefusal(
        .noHardwareGRO, "the data split of \(state.driver ?? name) needs \(feature), which \(name) cannot switch on")
    }
    return .feature(feature, from: false, to: true)
  }

  private func planRings() throws(LeaseRefusal) -> LeaseChange? {
    guard let rings = state.rings.value else {
      throw LeaseRefusal(.noDataSplit, "\(name) has no TCP data split: \(state.rings.absence ?? "unknown")")
    }
    if kinds.contains(.reportsSplitWherePossible), rings.tcpDataSplit == nil {
      throw LeaseRefusal(
        .noDataSplit,
        "\(name) cannot split headers from payload: \(state.driver ?? "its driver") reports tcp-data-split only where the "
          + "device offers it")
    }
    var (from, to) = (LeaseChange.RingSetting(), LeaseChange.RingSetting())
    if let threshold = rings.headerDataSplitThreshold, threshold != 0 {
      (from.threshold, to.threshold) = (threshold, 0)
    }
    try planRingSize(rings, from: &from, to: &to)
    if let split = splitBefore(rings) { (from.split, to.split) = (split, .enabled) }
    return to.isEmpty ? nil : .rings(from: from, to: to)
  }

  /// What the split goes back to; nil where it is on already.
  private func splitBefore(_ rings: RingParameters) -> TCPDataSplit? {
    if state.splitIsOurs, rings.tcpDataSplit == .enabled { return nil }
    guard rings.tcpDataSplit == .enabled else { return rings.tcpDataSplit ?? .automatic }
    guard kinds.contains(.reportsSplitUnconfigured) else { return nil }
    // It may be on or not. Who has set the threshold to 0 has prepared the NIC: on, and to stay so.
    return rings.headerDataSplitThreshold == 0 ? .enabled : .automatic
  }

  private func planRingSize(
    _ rings: RingParameters, from: inout LeaseChange.RingSetting, to: inout LeaseChange.RingSetting
  ) throws(LeaseRefusal) {
    guard let wanted = wish.receiveRing else { return }
    let isJumbo = kinds.contains(.payloadInJumboRing)
    let present = isJumbo ? rings.receiveJumbo : rings.receive
    let maximum = isJumbo ? rings.receiveJumboMaximum : rings.receiveMaximum
    guard let present else { throw LeaseRefusal(.ringSize, "\(name) does not tell the size of its receive rings") }
    guard let size = kinds.ringSize(wanted) else {
      throw LeaseRefusal(
        .ringSize, "\(state.driver ?? name) takes ring sizes that are powers of two, not \(wanted)")
    }
    guard size >= 1, size <= maximum ?? .max else {
      throw LeaseRefusal(.ringSize, "the receive rings of \(name) have 1 to \(maximum ?? size) entries, not \(wanted)")
    }
    guard size != present else { return }
    if isJumbo {
      (from.receiveJumbo, to.receiveJumbo) = (present, size)
    } else {
      (from.receive, to.receive) = (present, size)
    }
  }

  private static let steeringByUser = "--steer none does without rules: ethtool -X leads packets to the queue then"

  private func planRules() throws(LeaseRefusal) -> LeaseChange? {
    if case .refused(let error) = state.flowRules, error.errno == .notSupported, !wish.steeringIsUsers {
      throw LeaseRefusal(
        .noFlowRules, "\(name) has no flow rules that could lead packets to a queue", fix: Planner.steeringByUser)
    }
    let feature = FeatureStates.ntupleFilter
    guard !kinds.contains(.rulesWithoutNtuple), let features = state.features.value,
      !features.active.contains(feature)
    else { return nil }
    guard features.canChange(feature) else {
      // Packets can be led to a queue by other means than these rules.
      if wish.steeringIsUsers { return nil }
      throw LeaseRefusal(
        .noFlowRules, "\(name) has no flow rules that could lead packets to a queue: \(feature) is off and fixed",
        fix: Planner.steeringByUser)
    }
    return .feature(feature, from: false, to: true)
  }

  private func planSpreading(queues: Int) throws(LeaseRefusal) -> LeaseChange? {
    let taken = Set(wish.queues.map { UInt32(clamping: $0) })
    guard !state.table.isEmpty else {
      throw LeaseRefusal(
        .noSpreading,
        "\(name) has no RSS table, and other connections cannot be kept off queue \(wish.queues.min() ?? 0)"
          + (state.spreading.absence.map { ": \($0)" } ?? ""))
    }
    let isStandard = SpreadingTable.isStandard(state.table, queues: state.receiveQueues)
    let size = kinds.tableSize(state.table.count, queues: state.receiveQueues, next: queues)
    let table = isStandard ? SpreadingTable.standard(size: size, queues: queues) : try resized(to: size)
    guard table.contains(where: taken.contains) else { return nil }
    guard let moved = SpreadingTable.moved(table, off: taken, queues: queues) else {
      throw LeaseRefusal(.noOtherQueue, "no queue of \(name) would be left for other connections")
    }
    return .spreading(
      from: .init(table: table, isStandard: isStandard), to: .init(table: moved, isStandard: false))
  }

  private func resized(to size: Int) throws(LeaseRefusal) -> [UInt32] {
    guard let table = SpreadingTable.resized(state.table, to: size) else {
      throw LeaseRefusal(
        .tableCannotBeResized,
        "with more queues the RSS table of \(name) has \(size) entries, and yours of \(state.table.count) cannot be "
          + "brought to that", fix: "ethtool -X \(name) default")
    }
    return table
  }
}
