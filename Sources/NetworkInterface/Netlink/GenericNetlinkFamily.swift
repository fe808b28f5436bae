import CLibNetlink
import Linux
import SystemPackage

/// A generic netlink family: its number differs from boot to boot and is asked for by name.
struct GenericNetlinkFamily {
  let number: UInt16
  let version: UInt8

  /// - Throws: ENOENT where the kernel has no such family.
  init(named name: String, version: UInt8, on socket: inout NetlinkSocket) throws(SystemCallError) {
    let attempt = "find the kernel's netlink family '\(name)'"
    let request = try NetlinkMessage.generic(
      family: UInt16(GENL_ID_CTRL), version: 1, command: Int(CTRL_CMD_GETFAMILY), "CTRL_CMD_GETFAMILY", to: attempt)
    try request.put(Int(CTRL_ATTR_FAMILY_NAME), name)
    for part in try socket.request(request) {
      let attributes = NetlinkAttributes(GenericNetlinkFamily.attributes(of: part))
      if let number = attributes.number(Int(CTRL_ATTR_FAMILY_ID)).flatMap(UInt16.init(exactly:)) {
        self.number = number
        self.version = version
        return
      }
    }
    throw SystemCallError(attempt: attempt, call: "CTRL_CMD_GETFAMILY", errno: .noSuchFileOrDirectory)
  }

  /// A message's attributes follow a header of 4 bytes: command, version, reserved.
  static func attributes(of part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    part.dropFirst(MemoryLayout<genlmsghdr>.size)
  }
}
