import CLibNetlink
import Linux

/// Offloads of an interface by the names ethtool has for them (ETHTOOL_MSG_FEATURES_GET).
public struct FeatureStates: Sendable, Equatable {
  /// What can be switched.
  public var changeable: Set<String>
  /// What somebody asked for.
  public var wanted: Set<String>
  /// What is on.
  public var active: Set<String>
  /// What can never be switched, whatever `changeable` says.
  public var fixed: Set<String>

  public static let ntupleFilter = "rx-ntuple-filter"
  public static let hardwareGRO = "rx-gro-hw"
  public static let gro = "rx-gro"
  public static let lro = "rx-lro"
  public static let gso = "tx-generic-segmentation"
  /// TSO has several: "tx-tcp-segmentation", "tx-tcp6-segmentation", …
  public static let tsoPrefix = "tx-tcp"

  /// Those that decide about receiving.
  public static let receive = [ntupleFilter, hardwareGRO, gro, lro]

  public init(
    changeable: Set<String> = [], wanted: Set<String> = [], active: Set<String> = [], fixed: Set<String> = []
  ) {
    self.changeable = changeable
    self.wanted = wanted
    self.active = active
    self.fixed = fixed
  }

  /// Whether `feature` can be switched on this interface.
  public func canChange(_ feature: String) -> Bool { changeable.contains(feature) && !fixed.contains(feature) }
}

/// What became of a request to switch offloads, as the kernel tells it. It accepts such requests even where nothing
/// changes.
public struct FeatureOutcome: Sendable, Equatable {
  /// Features that did not become what was asked: the value asked for.
  public var notAchieved: [String: Bool]
  /// Features whose state changed, asked for or not: the state they are in now.
  public var changed: [String: Bool]

  public init(notAchieved: [String: Bool] = [:], changed: [String: Bool] = [:]) {
    self.notAchieved = notAchieved
    self.changed = changed
  }
}

extension EthtoolSocket {
  /// Reads the offloads of `interface`. Needs no privilege.
  public mutating func features(of interface: String) throws(SystemCallError) -> FeatureStates {
    let answers = try ask(
      Int32(ETHTOOL_MSG_FEATURES_GET), "ETHTOOL_MSG_FEATURES_GET", about: interface,
      to: "read the features of \(interface)")
    return answers.last.map(FeatureStates.init) ?? FeatureStates()
  }

  /// Asks for features to be on or off.
  /// - Throws: EOPNOTSUPP for a name the kernel does not know.
  public mutating func setFeatures(
    of interface: String, to states: [String: Bool]
  ) throws(SystemCallError) -> Acceptance<FeatureOutcome> {
    let answer = try change(
      Int32(ETHTOOL_MSG_FEATURES_SET), "ETHTOOL_MSG_FEATURES_SET", of: interface,
      to: "switch \(states.keys.sorted().joined(separator: ", ")) of \(interface)"
    ) { request throws(SystemCallError) in
      try BitSet(states).put(Int(ETHTOOL_A_FEATURES_WANTED), into: request)
    }
    return answer.map { $0.last.map(FeatureOutcome.init) ?? FeatureOutcome() }
  }
}

extension FeatureStates {
  init(_ attributes: NetlinkAttributes) {
    func names(_ attribute: Int) -> Set<String> { BitSet(attributes.nested(attribute)).set }
    self.init(
      changeable: names(Int(ETHTOOL_A_FEATURES_HW)), wanted: names(Int(ETHTOOL_A_FEATURES_WANTED)),
      active: names(Int(ETHTOOL_A_FEATURES_ACTIVE)), fixed: names(Int(ETHTOOL_A_FEATURES_NOCHANGE)))
  }
}

extension FeatureOutcome {
  init(_ attributes: NetlinkAttributes) {
    self.init(
      notAchieved: BitSet(attributes.nested(Int(ETHTOOL_A_FEATURES_WANTED))).bits,
      changed: BitSet(attributes.nested(Int(ETHTOOL_A_FEATURES_ACTIVE))).bits)
  }
}
