import CLibNetlink
import Glibc
import Linux

extension InterfaceIdentity {
  /// The interface that packets to `peer` leave through (rtnetlink(7), RTM_GETROUTE), in the network namespace of the
  /// calling thread; nil where the kernel names none. It is `lo` for every address of this machine. Needs no privilege.
  /// - Throws: ENETUNREACH where no route leads there.
  public static func outgoing(to peer: SocketAddress) throws(SystemCallError) -> InterfaceIdentity? {
    var socket = try RouteSocket()
    return try socket.outgoingInterface(to: peer)
  }

  /// Whether it is the machine's own loopback interface.
  public var isLoopback: Bool { index == 1 && name == "lo" }
}

extension RouteSocket {
  mutating func outgoingInterface(to peer: SocketAddress) throws(SystemCallError) -> InterfaceIdentity? {
    // A link-local address is only valid together with its interface.
    if peer.interfaceIndex != 0 { return try interface(index: peer.interfaceIndex) }
    var header = rtmsg()
    let bytes = peer.addressBytes
    header.rtm_family = UInt8(bytes.count == 4 ? AF_INET : AF_INET6)
    header.rtm_dst_len = UInt8(bytes.count * 8)
    let request = try NetlinkMessage.route(
      RTM_GETROUTE, "RTM_GETROUTE", header: header, to: "find the way to \(peer.host)")
    try request.put(Int(RTA_DST.rawValue), bytes)
    guard let answer = try firstAnswer(request) else { return nil }
    let attributes = NetlinkAttributes(answer.dropFirst(MemoryLayout<rtmsg>.size))
    return try attributes.identifier(Int(RTA_OIF.rawValue)).flatMap { index throws(SystemCallError) in
      try interface(index: index)
    }
  }
}
