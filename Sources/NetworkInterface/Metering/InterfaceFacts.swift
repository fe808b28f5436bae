import Linux
import SystemPackage

/// What an interface is and how it is set, as far as it decides how fast it receives and sends. What could not be read says why.
public struct InterfaceFacts: Sendable, Equatable {
  public var identity: InterfaceIdentity
  /// Megabits per second; nil where it is unknown.
  public var speed: Int?
  public var placement: DevicePlacement
  /// How the IOMMU treats its DMA: "DMA-FQ", "identity", … (sysfs, kernel/iommu_groups/N/type); nil without an IOMMU.
  public var iommuGroupType: String?
  public var driver: Reading<DriverInformation>
  public var features: Reading<FeatureStates>
  public var rings: Reading<RingParameters>

  /// Reads interface `name` in the network namespace of the calling thread. Changes nothing, needs no privilege.
  public static func read(_ name: String) throws(InterfaceProblem) -> InterfaceFacts {
    InterfaceFacts(try InterfacePreflight.identity(of: name))
  }

  /// Reads the interface by which packets to `host` leave, that of a peer's address in most cases the one its packets arrive by.
  /// - Parameter host: a numeric address; its scope ("%eth0") is passed over.
  /// - Returns: nil where there is no way to it, or it is no address.
  public static func read(towards host: String) throws(SystemCallError) -> InterfaceFacts? {
    guard let address = FlowAddress(String(host.prefix { $0 != "%" })) else { return nil }
    var routes = try RouteSocket()
    guard let index = try routes.outgoingInterface(to: address), let identity = try routes.interface(index: index)
    else { return nil }
    return InterfaceFacts(identity)
  }

  private init(_ identity: InterfaceIdentity) {
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
