/// TCP packets by their addresses and ports; nil matches any. IPv6 packets of IPv4 addresses (::ffff:192.0.2.1) do not
/// exist on a wire: such a peer is matched as IPv4.
public struct TCPFlow: Sendable, Equatable {
  public var isIPv6: Bool
  public var source: FlowAddress?
  public var destination: FlowAddress?
  public var sourcePort: UInt16?
  public var destinationPort: UInt16?

  /// One connection, as its receiver sees it; nil where the addresses are not of one family.
  public init?(source: FlowAddress, sourcePort: UInt16, destination: FlowAddress, destinationPort: UInt16) {
    guard source.isIPv6 == destination.isIPv6 else { return nil }
    self.init(
      isIPv6: source.isIPv6, source: source, destination: destination, sourcePort: sourcePort,
      destinationPort: destinationPort)
  }

  /// All connections to a port.
  public init(isIPv6: Bool, destinationPort: UInt16) {
    self.init(isIPv6: isIPv6, source: nil, destination: nil, sourcePort: nil, destinationPort: destinationPort)
  }

  init(
    isIPv6: Bool, source: FlowAddress?, destination: FlowAddress?, sourcePort: UInt16?, destinationPort: UInt16?
  ) {
    self.isIPv6 = isIPv6
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }
}

/// Where a rule sends packets.
public enum FlowAction: Sendable, Equatable {
  /// To a receive queue.
  case queue(UInt32)
  /// To the queues of an RSS context, from this queue on: 0 unless the driver adds one.
  case context(UInt32, firstQueue: UInt32)
  case drop
  /// Anything else, as ring_cookie of struct ethtool_rx_flow_spec has it.
  case other(UInt64)
}

/// Which packets a rule is about.
public enum FlowSpecification: Sendable, Equatable {
  case tcp(TCPFlow)
  /// What this tool does not set: another protocol, a part of an address, a VLAN. The bytes are the kernel's
  /// struct ethtool_rx_flow_spec.
  case other(type: UInt32, bytes: [UInt8])
}

/// A rule that sends certain packets to a certain queue (ntuple filter, struct ethtool_rx_flow_spec).
public struct FlowRule: Sendable, Equatable {
  public var specification: FlowSpecification
  public var action: FlowAction
  /// Its place in the device's table.
  public var location: UInt32

  /// Lets the driver choose the place (RX_CLS_LOC_ANY).
  public static let anyLocation = UInt32.max

  public init(_ specification: FlowSpecification, to action: FlowAction, location: UInt32 = anyLocation) {
    self.specification = specification
    self.action = action
    self.location = location
  }
}

/// The rules of an interface.
public struct FlowRuleTable: Sendable, Equatable {
  public var rules: [FlowRule]
  /// Places in the table; nil where the driver does not tell.
  public var size: Int?
  /// Whether the driver chooses places itself (RX_CLS_LOC_SPECIAL). It may then refuse every other.
  public var driverChoosesLocation: Bool

  public init(rules: [FlowRule] = [], size: Int? = nil, driverChoosesLocation: Bool = false) {
    self.rules = rules
    self.size = size
    self.driverChoosesLocation = driverChoosesLocation
  }
}
