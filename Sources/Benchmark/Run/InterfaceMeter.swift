import Linux
import NetworkInterface
import Report

/// The interface of a run: what it counts between a begin and an end, and what it is.
struct InterfaceMeter {
  private let identity: InterfaceIdentity
  private let choice: InterfaceReport.Choice
  private var before: InterfaceActivity

  /// Begins now; nil where the interface cannot be found out.
  ///
  /// - Parameters:
  ///   - name: as given with -i; nil takes the one by which packets to `peer` leave.
  ///   - peer: a numeric address.
  init?(named name: String?, peer: String?) {
    if let name {
      guard let identity = try? InterfaceIdentity.read(name) else { return nil }
      self.identity = identity
      choice = .named
    } else {
      guard let peer, let identity = (try? InterfaceIdentity.read(towards: peer)) ?? nil else { return nil }
      self.identity = identity
      choice = .route
    }
    before = .read(identity.index)
  }

  /// Begins anew: what was counted so far is not the run's.
  mutating func restart() {
    before = .read(identity.index)
  }

  /// What was counted since the begin.
  func read() -> InterfaceActivity { InterfaceActivity.read(identity.index).since(before) }

  /// What the interface is, as it is set now; nil where it is gone.
  func describe() -> InterfaceReport? {
    // By its name: an interface that was renamed meanwhile is found no more, and another of that name is another.
    guard let now = try? InterfaceIdentity.read(identity.name), now.index == identity.index else { return nil }
    return InterfaceReport(InterfaceDescription(now), choice)
  }

  /// Where each of `streams` came in, and who serves those queues and `queues`.
  func services(of queues: [Int], and streams: [StreamArrival]) -> (services: [QueueService], byStream: [Int: Int]) {
    let locator = NetworkInterface.Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      return try QueueLocator(interface: identity.index, through: &socket)
    }.value
    var byStream: [Int: Int] = [:]
    for stream in streams { byStream[stream.stream] = locator?.receiveQueue(of: stream.napi) }
    let all = Set(queues).union(byStream.values).sorted()
    return (QueueService.read(all, of: identity.index), byStream)
  }

  var name: String { identity.name }
}

extension InterfaceReport {
  init(_ facts: InterfaceDescription, _ choice: Choice) {
    self.init(name: facts.identity.name, choice: choice, mtu: facts.identity.mtu)
    let information = facts.driver.value
    driver = information?.driver ?? facts.identity.driver ?? facts.identity.kind
    driverVersion = information?.version
    firmware = information?.firmware
    bus = information?.bus
    speed = facts.speed
    numaNode = facts.placement.numaNode
    iommuGroup = facts.placement.iommuGroup
    iommuGroupType = facts.iommuGroupType
    offloads = facts.features.value.map(OffloadsReport.init)
    receiveRing = facts.rings.value?.receive
    transmitRing = facts.rings.value?.transmit
    dataSplit =
      switch facts.rings.value?.tcpDataSplit {
      case .enabled: .on
      case .disabled: .off
      case .automatic: .automatic
      case nil: nil
      }
    splitThreshold = facts.rings.value?.headerDataSplitThreshold
  }
}

extension OffloadsReport {
  /// TSO has a feature for each kind of packet; one that is on is enough.
  init(_ features: FeatureStates) {
    self.init(
      gro: features.active.contains(FeatureStates.gro), lro: features.active.contains(FeatureStates.lro),
      tso: features.active.contains { $0.hasPrefix(FeatureStates.tsoPrefix) },
      gso: features.active.contains(FeatureStates.gso),
      hardwareGRO: features.active.contains(FeatureStates.hardwareGRO))
  }
}
