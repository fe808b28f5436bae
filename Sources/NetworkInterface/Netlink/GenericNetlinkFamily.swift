import CLibNetlink
import Linux
import SystemPackage

/// A generic netlink family: its number differs from boot to boot and is asked for by name.
struct GenericNetlinkFamily: Equatable {
  let name: String
  let number: UInt16
  let version: UInt8
  /// The commands the running kernel knows: what it can do is told by them, never by its version.
  let operations: Set<UInt32>

  /// - Throws: ENOSYS where the kernel has no such family.
  init(named name: String, version: UInt8, on socket: inout NetlinkSocket) throws(SystemCallError) {
    let attempt = "find the kernel's netlink family '\(name)'"
    let request = try NetlinkMessage.generic(
      family: UInt16(GENL_ID_CTRL), version: 1, command: Int(CTRL_CMD_GETFAMILY), "CTRL_CMD_GETFAMILY", to: attempt)
    try request.put(Int(CTRL_ATTR_FAMILY_NAME), name)
    do throws(SystemCallError) {
      for part in try socket.request(request) {
        if let family = GenericNetlinkFamily(
          NetlinkAttributes(GenericNetlinkFamily.attributes(of: part)), named: name, version: version)
        {
          self = family
          return
        }
      }
    } catch {
      guard error.errno == .noSuchFileOrDirectory else { throw error }
    }
    throw .notOffered("the netlink family '\(name)'", to: attempt, call: "CTRL_CMD_GETFAMILY")
  }

  /// Reads the answer to CTRL_CMD_GETFAMILY; nil where it has no number.
  init?(_ attributes: NetlinkAttributes, named name: String, version: UInt8) {
    guard let number = attributes.number(Int(CTRL_ATTR_FAMILY_ID)).flatMap(UInt16.init(exactly:)) else { return nil }
    let operations = attributes.nested(Int(CTRL_ATTR_OPS))?.nests() ?? []
    self.init(
      name: name, number: number, version: version,
      operations: Set(operations.compactMap { $0.identifier(Int(CTRL_ATTR_OP_ID)) }))
  }

  init(name: String, number: UInt16, version: UInt8, operations: Set<UInt32>) {
    self.name = name
    self.number = number
    self.version = version
    self.operations = operations
  }

  /// Begins a request.
  /// - Throws: ENOSYS where the running kernel does not know the command.
  func request(_ command: Int32, _ name: String, to attempt: String) throws(SystemCallError) -> NetlinkMessage {
    guard operations.contains(UInt32(bitPattern: command)) else {
      throw .notOffered(name, to: attempt, call: name)
    }
    return try NetlinkMessage.generic(family: number, version: version, command: Int(command), name, to: attempt)
  }

  /// A message's attributes follow a header of 4 bytes: command, version, reserved.
  static func attributes(of part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    part.dropFirst(MemoryLayout<genlmsghdr>.size)
  }
}
