import Linux
import SystemPackage

/// What an interface is and how it is set, as far as it decides how fast it receives and sends. What could not be read
/// says why.
public struct InterfaceDescription: Sendable, Equatable {
  public var identity: InterfaceIdentity
  /// Megabits per second; nil where it is unknown.
  public var speed: Int?
  public var placement: DevicePlacement
  /// How the IOMMU treats its DMA: "DMA-FQ", "identity", … (sysfs, kernel/iommu_groups/N/type); nil without an IOMMU.
  public var iommuGroupType: String?
  public var driver: Reading<DriverInformation>
  public var features: Reading<FeatureStates>
  public var rings: Reading<RingParameters>

  /// Reads an interface of the network namespace of the calling thread. Changes nothing, needs no privilege.
  public init(_ identity: InterfaceIdentity) {
    let name = identity.name
    self.identity = identity
    placement = DevicePlacement.read(name, index: identity.index)
    iommuGroupType = placement.iommuGroup.flatMap { group in
      (try? TextFile.read("/sys/kernel/iommu_groups/\(group)/type", limit: 64))?
        .split(whereSeparator: \.isNewline).first.map(String.init)
    }
    func ethtool<Value>(
      _ question: (inout EthtoolSocket) throws(SystemCallError) -> Value
    ) -> Reading<Value> {
      Reading { () throws(SystemCallError) in
        var socket = try EthtoolSocket()
        return try question(&socket)
      }
    }
    speed = ethtool { socket throws(SystemCallError) in try socket.linkSpeed(of: name) }.value ?? nil
    driver = Reading { () throws(SystemCallError) in
      let commands = try CommandSocket()
      return try commands.driver(of: name)
    }
    features = ethtool { socket throws(SystemCallError) in try socket.features(of: name) }
    rings = ethtool { socket throws(SystemCallError) in try socket.rings(of: name) }
  }
}

extension InterfaceIdentity {
  /// Reads the interface by which packets to `host` leave: in most cases the one by which its packets arrive.
  /// - Parameter host: a numeric address, with its scope ("fe80::1%eth0") where it needs one.
  /// - Returns: nil where there is no way to it, or it is no address.
  public static func read(towards host: String) throws(SystemCallError) -> InterfaceIdentity? {
    let parts = host.split(separator: "%", maxSplits: 1)
    guard let address = parts.first.flatMap({ FlowAddress(String($0)) }) else { return nil }
    var routes = try RouteSocket()
    if parts.count == 2 { return try routes.interface(named: String(parts[1])) }
    guard let index = try routes.outgoingInterface(to: address) else { return nil }
    return try routes.interface(index: index)
  }
}
