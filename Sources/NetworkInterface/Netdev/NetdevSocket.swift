import CKernelABI
import CLibNetlink
import Linux

/// The kernel's view of queues, interrupts and page pools (generic netlink family "netdev"; not in Linux 6.1, in 6.12), in
/// the network namespace of the thread that opens it. Reading needs no privilege. Interfaces go by their index. Every method
/// throws ENODEV where there is none of that index and ENOSYS where the running kernel does not know the request.
public struct NetdevSocket: ~Copyable {
  private var socket: NetlinkSocket
  private let family: GenericNetlinkFamily

  /// - Throws: ENOSYS where the kernel has no netdev family.
  public init() throws(SystemCallError) {
    var socket = try NetlinkSocket(protocol: NETLINK_GENERIC)
    family = try GenericNetlinkFamily(
      named: ZB_NETDEV_FAMILY_NAME, version: UInt8(ZB_NETDEV_FAMILY_VERSION), on: &socket)
    self.socket = socket
  }

  /// - Throws: ENOSYS where the running kernel does not know the command.
  func require(_ command: Int32, _ name: String, to attempt: String) throws(SystemCallError) {
    _ = try family.request(command, name, to: attempt)
  }

  /// Asks for one thing, or for all there are; the answers' attributes.
  mutating func ask(
    _ command: Int32, _ name: String, to attempt: String, all: Bool = false,
    _ body: (borrowing NetlinkMessage) throws(SystemCallError) -> Void = { (_) throws(SystemCallError) in }
  ) throws(SystemCallError) -> [NetlinkAttributes] {
    let request = try family.request(command, name, to: attempt)
    try body(request)
    return try socket.request(request, flags: all ? NLM_F_DUMP : NLM_F_ACK).map {
      NetlinkAttributes(GenericNetlinkFamily.attributes(of: $0))
    }
  }
}
