import Linux

/// A virtual cable between two network namespaces (veth(4)).
public enum VethPair {
  /// One end of the cable.
  public struct End: Sendable, Equatable {
    /// At most 15 bytes.
    public var name: String
    public var addresses: [InterfaceAddress]

    public init(name: String, addresses: [InterfaceAddress]) {
      self.name = name
      self.addresses = addresses
    }
  }

  /// Lays a cable between two namespaces, gives its ends their addresses and sets them up, each namespace's loopback
  /// interface too. It lasts as long as both namespaces.
  /// - Throws: the kernel's refusal in its own words: EPERM, EEXIST for a name that is taken, EINVAL for a bad one.
  public static func create(
    left: borrowing NetworkNamespace, _ leftEnd: End, right: borrowing NetworkNamespace, _ rightEnd: End
  ) throws(SystemCallError) {
    let rightDescriptor = right.descriptor
    try left.run { () throws(SystemCallError) in
      var socket = try RouteSocket()
      try socket.createVeth(leftEnd.name, peer: rightEnd.name, peerNamespace: rightDescriptor)
    }.get()
    try left.run { () throws(SystemCallError) in try configure(leftEnd) }.get()
    try right.run { () throws(SystemCallError) in try configure(rightEnd) }.get()
  }

  private static func configure(_ end: End) throws(SystemCallError) {
    var socket = try RouteSocket()
    try socket.setUp(try existing("lo", &socket))
    let interface = try existing(end.name, &socket)
    for address in end.addresses { try socket.add(address, to: interface) }
    try socket.setUp(interface)
  }

  private static func existing(
    _ name: String, _ socket: inout RouteSocket
  ) throws(SystemCallError) -> InterfaceIdentity {
    if let interface = try socket.interface(named: name) { return interface }
    throw SystemCallError(
      attempt: "set interface '\(name)' up", call: "RTM_GETLINK", errno: .operationNotSupportedByDevice)
  }
}
