import CLibNetlink
import Glibc
import Linux
import SystemPackage

/// Interfaces and addresses (rtnetlink(7)) in the network namespace of the thread that opens it.
struct RouteSocket: ~Copyable {
  private var socket: NetlinkSocket

  init() throws(SystemCallError) {
    socket = try NetlinkSocket(protocol: NETLINK_ROUTE)
  }

  /// Reads what the interface called `name` is; nil where there is none. Needs no privilege.
  mutating func interface(named name: String) throws(SystemCallError) -> InterfaceIdentity? {
    try link(named: name).flatMap(InterfaceIdentity.init(link:))
  }

  /// Reads what the interface with this index is, whatever it is called by now; nil where there is none. Needs no
  /// privilege.
  mutating func interface(index: UInt32) throws(SystemCallError) -> InterfaceIdentity? {
    try link(index: index).flatMap(InterfaceIdentity.init(link:))
  }

  /// Reads its link; nil where there is no such interface. Needs no privilege.
  mutating func linkState(index: UInt32) throws(SystemCallError) -> LinkState? {
    try link(index: index).flatMap(LinkState.init(link:))
  }

  /// Reads its link; nil where there is no such interface. Needs no privilege.
  mutating func linkState(named name: String) throws(SystemCallError) -> LinkState? {
    try link(named: name).flatMap(LinkState.init(link:))
  }

  /// Reads what its link has counted; nil where there is no such interface, or its kernel does not tell. Needs no
  /// privilege.
  mutating func linkStatistics(index: UInt32) throws(SystemCallError) -> LinkStatistics? {
    try link(index: index).flatMap(LinkStatistics.init(link:))
  }

  private mutating func link(named name: String) throws(SystemCallError) -> ArraySlice<UInt8>? {
    // A name has 1 to 15 bytes (IFNAMSIZ, its NUL included), an alternative one up to 127 (ALTIFNAMSIZ); the kernel refuses
    // others for their length. By IFLA_IFNAME it finds either, as far as that goes.
    guard (1..<128).contains(name.utf8.count) else { return nil }
    let request = try NetlinkMessage.route(
      RTM_GETLINK, "RTM_GETLINK", header: ifinfomsg(), to: "read the state of interface '\(name)'")
    try request.put(name.utf8.count < Int(IF_NAMESIZE) ? IFLA_IFNAME : IFLA_ALT_IFNAME, name)
    return try firstLink(request)
  }

  private mutating func link(index: UInt32) throws(SystemCallError) -> ArraySlice<UInt8>? {
    // Index 0 is none; asked for, it would be an error of the request.
    guard index != 0 else { return nil }
    var header = ifinfomsg()
    header.ifi_index = Int32(bitPattern: index)
    return try firstLink(
      try NetlinkMessage.route(
        RTM_GETLINK, "RTM_GETLINK", header: header, to: "read the state of the interface with index \(index)"))
  }

  private mutating func firstLink(_ request: borrowing NetlinkMessage) throws(SystemCallError) -> ArraySlice<UInt8>? {
    do throws(SystemCallError) {
      return try socket.request(request).first
    } catch {
      if error.errno == .operationNotSupportedByDevice { return nil }
      throw error
    }
  }

  /// The index of the interface by which packets to `address` leave; nil where there is no way to it. Needs no
  /// privilege.
  mutating func outgoingInterface(to address: FlowAddress) throws(SystemCallError) -> UInt32? {
    var header = rtmsg()
    header.rtm_family = UInt8(address.isIPv6 ? AF_INET6 : AF_INET)
    header.rtm_dst_len = UInt8(address.bytes.count * 8)
    let request = try NetlinkMessage.route(
      RTM_GETROUTE, "RTM_GETROUTE", header: header, to: "find the way to \(address)")
    try request.put(Int(RTA_DST.rawValue), address.bytes)
    do throws(SystemCallError) {
      return try socket.request(request).first.flatMap { message in
        NetlinkAttributes(message.dropFirst(MemoryLayout<rtmsg>.size)).identifier(Int(RTA_OIF.rawValue))
      }
    } catch {
      if error.errno == .networkUnreachable || error.errno == .noRouteToHost { return nil }
      throw error
    }
  }

  /// The names of all interfaces, lowest index first.
  mutating func interfaceNames() throws(SystemCallError) -> [String] {
    try dumpLinks().compactMap(InterfaceIdentity.init(link:)).sorted { $0.index < $1.index }.map(\.name)
  }

  /// The RTM_NEWLINK message of each link.
  mutating func dumpLinks() throws(SystemCallError) -> [ArraySlice<UInt8>] {
    let request = try NetlinkMessage.route(
      RTM_GETLINK, "RTM_GETLINK", header: ifinfomsg(), to: "list the interfaces")
    return try socket.request(request, flags: NLM_F_DUMP)
  }

  /// Creates a veth pair (veth(4)) with one end here and the other in the namespace `peerNamespace` refers to.
  mutating func createVeth(
    _ name: String, peer: String, peerNamespace: Int32
  ) throws(SystemCallError) {
    let request = try NetlinkMessage.route(
      RTM_NEWLINK, "RTM_NEWLINK", flags: NLM_F_CREATE | NLM_F_EXCL, header: ifinfomsg(),
      to: "create the veth pair \(name) and \(peer)")
    try request.put(IFLA_IFNAME, name)
    try request.nest(IFLA_LINKINFO) { request throws(SystemCallError) in
      try request.put(IFLA_INFO_KIND, "veth")
      try request.nest(IFLA_INFO_DATA) { request throws(SystemCallError) in
        try request.nest(VETH_INFO_PEER) { request throws(SystemCallError) in
          try request.append(ifinfomsg())
          try request.put(IFLA_IFNAME, peer)
          try request.put(IFLA_NET_NS_FD, UInt32(bitPattern: peerNamespace))
        }
      }
    }
    _ = try socket.request(request)
  }

  mutating func add(_ address: InterfaceAddress, to interface: InterfaceIdentity) throws(SystemCallError) {
    var header = ifaddrmsg()
    header.ifa_family = UInt8(address.family)
    header.ifa_prefixlen = UInt8(address.prefixLength)
    header.ifa_index = interface.index
    // Nobody else is on the wire: without it an IPv6 address could not be used for a second (RFC 4862, 5.4).
    header.ifa_flags = address.family == AF_INET6 ? UInt8(IFA_F_NODAD) : 0
    let request = try NetlinkMessage.route(
      RTM_NEWADDR, "RTM_NEWADDR", flags: NLM_F_CREATE | NLM_F_EXCL, header: header,
      to: "give \(interface.name) the address \(address)")
    try request.put(IFA_LOCAL, address.bytes)
    try request.put(IFA_ADDRESS, address.bytes)
    _ = try socket.request(request)
  }

  mutating func setUp(_ interface: InterfaceIdentity) throws(SystemCallError) {
    var header = ifinfomsg()
    header.ifi_index = Int32(bitPattern: interface.index)
    header.ifi_flags = UInt32(IFF_UP)
    header.ifi_change = UInt32(IFF_UP)
    let request = try NetlinkMessage.route(
      RTM_NEWLINK, "RTM_NEWLINK", header: header, to: "set \(interface.name) up")
    _ = try socket.request(request)
  }
}

extension InterfaceIdentity {
  /// Reads the contents of an RTM_NEWLINK message; nil where it has no name or no index.
  init?(link part: ArraySlice<UInt8>) {
    // struct ifinfomsg: family and padding, type, index at 4, flags at 8 (rtnetlink(7)).
    let attributes = NetlinkAttributes(part.dropFirst(MemoryLayout<ifinfomsg>.size))
    guard let index = part.number(UInt32.self, at: 4), let flags = part.number(UInt32.self, at: 8),
      let name = attributes.text(IFLA_IFNAME), !name.isEmpty
    else { return nil }
    self.init(
      name: name, index: index, isUp: flags & UInt32(IFF_UP) != 0,
      mtu: Int(clamping: attributes.number(IFLA_MTU) ?? 0),
      kind: attributes.nested(IFLA_LINKINFO)?.text(IFLA_INFO_KIND),
      driver: InterfaceIdentity.driver(of: name, index: index),
      receiveQueueCapacity: Int(clamping: attributes.number(IFLA_NUM_RX_QUEUES) ?? 1))
  }
}
