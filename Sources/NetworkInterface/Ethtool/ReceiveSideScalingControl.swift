import Linux

/// How one interface spreads packets, read and set by whichever of the kernel's two interfaces offers it.
public struct ReceiveSideScalingControl: ~Copyable {
  private let interface: String
  private let path: RequestPath
  private let commands: CommandSocket

  public init(interface: String, path: RequestPath = .either) throws(SystemCallError) {
    self.interface = interface
    self.path = path
    commands = try CommandSocket()
  }

  public func read(context: UInt32 = 0) throws(SystemCallError) -> ReceiveSideScaling {
    try choose { socket throws(SystemCallError) in
      try socket.receiveSideScaling(of: interface, context: context)
    } or: { () throws(SystemCallError) in
      try commands.receiveSideScaling(of: interface, context: context)
    }
  }

  /// Reads all contexts but 0.
  /// - Throws: ENOSYS with `RequestPath.commands`: no command lists them.
  public func further() throws(SystemCallError) -> [ReceiveSideScaling] {
    let attempt = "list the RSS contexts of \(interface)"
    return try choose { socket throws(SystemCallError) in
      try socket.furtherReceiveSideScaling(of: interface)
    } or: { () throws(SystemCallError) in
      throw .notOffered("a list of RSS contexts", to: attempt, call: "ETHTOOL_MSG_RSS_GET")
    }
  }

  public func set(
    context: UInt32 = 0, to change: ReceiveSideScalingChange
  ) throws(SystemCallError) -> Acceptance<Void> {
    try choose { socket throws(SystemCallError) in
      try socket.setReceiveSideScaling(of: interface, context: context, to: change)
    } or: { () throws(SystemCallError) in
      try commands.setReceiveSideScaling(of: interface, context: context, to: change)
    }
  }

  public func create(_ content: ReceiveSideScalingChange) throws(SystemCallError) -> Acceptance<UInt32> {
    try choose { socket throws(SystemCallError) in
      try socket.createReceiveSideScaling(of: interface, content)
    } or: { () throws(SystemCallError) in
      try commands.createReceiveSideScaling(of: interface, content)
    }
  }

  public func delete(context: UInt32) throws(SystemCallError) -> Acceptance<Void> {
    try choose { socket throws(SystemCallError) in
      try socket.deleteReceiveSideScaling(of: interface, context: context)
    } or: { () throws(SystemCallError) in
      try commands.deleteReceiveSideScaling(of: interface, context: context)
    }
  }

  private func choose<Value>(
    _ netlink: (inout EthtoolSocket) throws(SystemCallError) -> Value,
    or command: () throws(SystemCallError) -> Value
  ) throws(SystemCallError) -> Value {
    if path == .commands { return try command() }
    do throws(SystemCallError) {
      var socket = try EthtoolSocket()
      return try netlink(&socket)
    } catch {
      guard path == .either, error.isNotOffered else { throw error }
      return try command()
    }
  }
}
