import CLibNetlink
import Linux
import SystemPackage

/// The kernel's ethtool interface (generic netlink family "ethtool", Linux 5.6), in the network namespace of the thread
/// that opens it. Reading needs no privilege, setting needs CAP_NET_ADMIN. Every method names its interface, and throws
/// ENODEV where there is none of that name, ENOSYS where the running kernel does not know the request, and EOPNOTSUPP where
/// the interface's driver cannot do it.
public struct EthtoolSocket: ~Copyable {
  private var socket: NetlinkSocket
  private let family: GenericNetlinkFamily

  /// - Throws: ENOSYS where the kernel has no ethtool family.
  public init() throws(SystemCallError) {
    var socket = try NetlinkSocket(protocol: NETLINK_GENERIC)
    family = try GenericNetlinkFamily(named: ETHTOOL_GENL_NAME, version: UInt8(ETHTOOL_GENL_VERSION), on: &socket)
    self.socket = socket
  }

  /// Asks for one thing about `interface`; the answers' attributes.
  mutating func ask(
    _ command: Int32, _ name: String, about interface: String, to attempt: String, all: Bool = false,
    _ body: (borrowing NetlinkMessage) throws(SystemCallError) -> Void = { (_) throws(SystemCallError) in }
  ) throws(SystemCallError) -> [NetlinkAttributes] {
    let request = try request(command, name, about: interface, to: attempt, body)
    return try socket.request(request, flags: all ? NLM_F_DUMP : NLM_F_ACK).map {
      NetlinkAttributes(GenericNetlinkFamily.attributes(of: $0))
    }
  }

  /// Changes one thing of `interface`.
  mutating func change(
    _ command: Int32, _ name: String, of interface: String, to attempt: String,
    _ body: (borrowing NetlinkMessage) throws(SystemCallError) -> Void
  ) throws(SystemCallError) -> Acceptance<[NetlinkAttributes]> {
    let request = try request(command, name, about: interface, to: attempt, body)
    let (parts, warning) = try socket.exchange(request)
    return Acceptance(
      answer: parts.map { NetlinkAttributes(GenericNetlinkFamily.attributes(of: $0)) }, warning: warning)
  }

  private func request(
    _ command: Int32, _ name: String, about interface: String, to attempt: String,
    _ body: (borrowing NetlinkMessage) throws(SystemCallError) -> Void
  ) throws(SystemCallError) -> NetlinkMessage {
    let request = try family.request(command, name, to: attempt)
    // The header is the first attribute of every message of this family.
    try request.nest(1) { request throws(SystemCallError) in
      try request.put(Int(ETHTOOL_A_HEADER_DEV_NAME), interface)
    }
    try body(request)
    return request
  }
}
