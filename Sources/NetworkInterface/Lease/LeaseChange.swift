/// One change of a setting, with what it was before: enough to make it, to check it, and to undo it.
public enum LeaseChange: Sendable, Equatable {
  case channels(from: ChannelSetting, to: ChannelSetting)
  /// A feature by ethtool's name for it.
  case feature(String, from: Bool, to: Bool)
  /// Only the members that are not nil are set; the same ones in both.
  case rings(from: RingSetting, to: RingSetting)
  case spreading(from: SpreadingSetting, to: SpreadingSetting)
  /// Only the members that are not nil are set; the same ones in both.
  case deferral(DeferralPlace, from: NAPIDeferral, to: NAPIDeferral)

  public struct ChannelSetting: Sendable, Equatable {
    public var receive: Int
    public var combined: Int

    public init(receive: Int, combined: Int) {
      self.receive = receive
      self.combined = combined
    }
  }

  public struct RingSetting: Sendable, Equatable {
    public var receive: Int?
    public var receiveJumbo: Int?
    /// `automatic` where nobody has configured it; `disabled` is what a driver reports that would report it if on.
    public var split: TCPDataSplit?
    public var threshold: Int?

    public init(
      receive: Int? = nil, receiveJumbo: Int? = nil, split: TCPDataSplit? = nil, threshold: Int? = nil
    ) {
      self.receive = receive
      self.receiveJumbo = receiveJumbo
      self.split = split
      self.threshold = threshold
    }

    var isEmpty: Bool { self == RingSetting() }
  }

  public struct SpreadingSetting: Sendable, Equatable {
    public var table: [UInt32]
    /// It is the driver's own, to be set by a reset: written out it would count as the user's wish, and a later request
    /// for fewer channels would be refused for its sake.
    public var isStandard: Bool

    public init(table: [UInt32], isStandard: Bool) {
      self.table = table
      self.isStandard = isStandard
    }
  }

  /// The change back.
  public var inverse: LeaseChange {
    switch self {
    case .channels(let from, let to): .channels(from: to, to: from)
    case .feature(let name, let from, let to): .feature(name, from: to, to: from)
    case .rings(let from, let to): .rings(from: to, to: from)
    case .spreading(let from, let to): .spreading(from: to, to: from)
    case .deferral(let place, let from, let to): .deferral(place, from: to, to: from)
    }
  }
}

extension LeaseChange {
  /// The command of ethtool(8) that does the same. The weights it sets for RSS give each queue the same share of packets,
  /// though not by the same entries.
  public func command(for interface: String) -> String {
    switch self {
    case .channels(let from, let to):
      let parts = [
        to.receive == from.receive ? nil : "rx \(to.receive)",
        to.combined == from.combined ? nil : "combined \(to.combined)",
      ]
      return "ethtool -L \(interface) " + parts.compactMap { $0 }.joined(separator: " ")
    case .feature(let name, _, let to):
      return "ethtool -K \(interface) \(name) \(to ? "on" : "off")"
    case .rings(_, let to):
      return "ethtool -G \(interface) " + to.words.joined(separator: " ")
    case .spreading(_, let to):
      if to.isStandard { return "ethtool -X \(interface) default" }
      let weights = SpreadingTable.weights(to.table).map(String.init)
      return "ethtool -X \(interface) weight " + weights.joined(separator: " ")
    case .deferral(let place, _, let to): return LeaseChange.command(place, to: to, for: interface)
    }
  }

  /// Whether the setting is as this change wants it, as far as a reading tells.
  public func isInEffect(in state: InterfaceState) -> Bool {
    switch self {
    case .channels(_, let to): state.channels.value.map(ChannelSetting.init) == to
    case .feature(let name, _, let to): state.features.value?.active.contains(name) == to
    case .rings(_, let to):
      state.rings.value.map { RingSetting($0).agrees(with: to) } ?? false
    case .spreading(_, let to):
      state.table == to.table
        || to.isStandard && SpreadingTable.isStandard(state.table, queues: state.receiveQueues)
    case .deferral(let place, _, let to): LeaseChange.deferral(at: place, in: state)?.restricted(to: to) == to
    }
  }

  /// Why the setting cannot be read; nil where it can.
  func absence(in state: InterfaceState) -> String? {
    switch self {
    case .channels: state.channels.absence
    case .feature: state.features.absence
    case .rings: state.rings.absence
    case .spreading: state.spreading.absence
    case .deferral(let place, _, _): LeaseChange.absence(of: place, in: state)
    }
  }

  /// What the setting is instead, in ethtool's words.
  public func finding(in state: InterfaceState) -> String {
    switch self {
    case .channels:
      return state.channels.value.map { "rx \($0.receive) combined \($0.combined)" } ?? "no channels"
    case .feature(let name, _, _):
      guard let features = state.features.value else { return "\(name) cannot be read" }
      return "\(name) \(features.active.contains(name) ? "on" : "off")"
    case .rings(_, let to):
      guard let rings = state.rings.value else { return "the rings cannot be read" }
      return RingSetting(rings).restricted(to: to).words.joined(separator: " ")
    case .spreading:
      return "RSS weights " + SpreadingTable.weights(state.table).map(String.init).joined(separator: " ")
    case .deferral(let place, _, let to):
      return LeaseChange.deferral(at: place, in: state)?.restricted(to: to).words ?? "what NAPI defers cannot be read"
    }
  }

  /// What is left to do to undo this change, and what must not be undone because somebody else has changed it since.
  func undoing(in state: InterfaceState) -> (change: LeaseChange?, foreign: String?) {
    if case .rings(let from, let to) = self, let rings = state.rings.value {
      return LeaseChange.undoing(rings: RingSetting(rings), from: from, to: to)
    }
    if case .deferral(let place, let from, let to) = self {
      return LeaseChange.undoing(place, from: from, to: to, in: state)
    }
    if isInEffect(in: state) { return (inverse, nil) }
    return inverse.isInEffect(in: state) ? (nil, nil) : (nil, finding(in: state))
  }

  private static func undoing(
    rings: RingSetting, from: RingSetting, to: RingSetting
  ) -> (change: LeaseChange?, foreign: String?) {
    var rings = rings
    // What is not reported is nobody's choice.
    if rings.split == nil { rings.split = .automatic }
    var (back, present, foreign) = (RingSetting(), RingSetting(), RingSetting())
    func part<Value: Equatable>(_ member: WritableKeyPath<RingSetting, Value?>) {
      guard let old = from[keyPath: member], let new = to[keyPath: member], old != new else { return }
      if rings[keyPath: member] == new {
        back[keyPath: member] = old
        present[keyPath: member] = new
      } else if rings[keyPath: member] != old {
        foreign[keyPath: member] = rings[keyPath: member]
      }
    }
    part(\.receive)
    part(\.receiveJumbo)
    part(\.threshold)
    part(\.split)
    return (
      back.isEmpty ? nil : .rings(from: present, to: back),
      foreign.isEmpty ? nil : foreign.words.joined(separator: " ")
    )
  }
}

extension LeaseChange.ChannelSetting {
  init(_ counts: ChannelCounts) {
    self.init(receive: counts.receive, combined: counts.combined)
  }
}

extension LeaseChange.RingSetting {
  init(_ rings: RingParameters) {
    self.init(
      receive: rings.receive, receiveJumbo: rings.receiveJumbo, split: rings.tcpDataSplit,
      threshold: rings.headerDataSplitThreshold)
  }

  /// Whether a reading agrees with what was set. What "automatic" comes to is the driver's choice.
  func agrees(with wanted: LeaseChange.RingSetting) -> Bool {
    (wanted.receive == nil || wanted.receive == receive)
      && (wanted.receiveJumbo == nil || wanted.receiveJumbo == receiveJumbo)
      && (wanted.threshold == nil || wanted.threshold == threshold)
      && (wanted.split == nil || wanted.split == .automatic || wanted.split == split)
  }

  /// The members that `other` has too.
  func restricted(to other: LeaseChange.RingSetting) -> LeaseChange.RingSetting {
    LeaseChange.RingSetting(
      receive: other.receive == nil ? nil : receive, receiveJumbo: other.receiveJumbo == nil ? nil : receiveJumbo,
      split: other.split == nil ? nil : split ?? .automatic, threshold: other.threshold == nil ? nil : threshold)
  }

  /// As after "ethtool -G DEV".
  var words: [String] {
    let split: String? =
      switch split {
      case .enabled: "tcp-data-split on"
      case .disabled: "tcp-data-split off"
      case .automatic: "tcp-data-split auto"
      case nil: nil
      }
    let parts: [String?] = [
      receive.map { "rx \($0)" }, receiveJumbo.map { "rx-jumbo \($0)" }, split, threshold.map { "hds-thresh \($0)" },
    ]
    return parts.compactMap { $0 }
  }
}
