import CLibNetlink
import Linux
import SystemPackage

/// The kernel's ethtool interface (generic netlink family "ethtool", Linux 5.6), in the network namespace of the thread
/// that opens it.
public struct EthtoolSocket: ~Copyable {
  private var socket: NetlinkSocket
  private let family: GenericNetlinkFamily

  /// - Throws: ENOENT where the kernel has no ethtool family.
  public init() throws(SystemCallError) {
    var socket = try NetlinkSocket(protocol: NETLINK_GENERIC)
    family = try GenericNetlinkFamily(named: ETHTOOL_GENL_NAME, version: UInt8(ETHTOOL_GENL_VERSION), on: &socket)
    self.socket = socket
  }

  /// Reads how many queues `interface` has. Needs no privilege.
  /// - Throws: ENODEV where there is no such interface, EOPNOTSUPP where its driver has no channels.
  public mutating func channels(of interface: String) throws(SystemCallError) -> ChannelCounts {
    let request = try NetlinkMessage.generic(
      family: family.number, version: family.version, command: Int(ETHTOOL_MSG_CHANNELS_GET),
      "ETHTOOL_MSG_CHANNELS_GET", to: "read the channels of \(interface)")
    try request.nest(Int(ETHTOOL_A_CHANNELS_HEADER)) { request throws(SystemCallError) in
      try request.put(Int(ETHTOOL_A_HEADER_DEV_NAME), interface)
    }
    var counts = ChannelCounts()
    for part in try socket.request(request) {
      let attributes = NetlinkAttributes(GenericNetlinkFamily.attributes(of: part))
      // What a driver has none of is left out.
      func count(_ attribute: Int) -> Int { Int(clamping: attributes.number(attribute) ?? 0) }
      counts = ChannelCounts(
        receive: count(Int(ETHTOOL_A_CHANNELS_RX_COUNT)),
        transmit: count(Int(ETHTOOL_A_CHANNELS_TX_COUNT)),
        combined: count(Int(ETHTOOL_A_CHANNELS_COMBINED_COUNT)),
        receiveMaximum: count(Int(ETHTOOL_A_CHANNELS_RX_MAX)),
        transmitMaximum: count(Int(ETHTOOL_A_CHANNELS_TX_MAX)),
        combinedMaximum: count(Int(ETHTOOL_A_CHANNELS_COMBINED_MAX)))
    }
    return counts
  }
}
