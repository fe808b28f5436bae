import CLibNetlink
import SystemPackage

/// One message of the kernel's (netlink(7)).
enum NetlinkReply: Equatable {
  /// A part of the answer: what follows the netlink header.
  case part(ArraySlice<UInt8>)
  /// The request is done; a warning is what the kernel has to say about it nevertheless (extended acknowledgement).
  case done(warning: String?)
  /// The request was refused; with the kernel's own words where it has any (extended acknowledgement).
  case refused(Errno, message: String?)

  /// Reads the messages of one datagram that answer request `sequence`; others, and what is cut off, are passed over.
  static func parse(_ datagram: [UInt8], sequence: UInt32) -> [NetlinkReply] {
    var replies: [NetlinkReply] = []
    var rest = datagram[...]
    while let length = rest.number(UInt32.self, at: 0), length >= headerSize, Int(length) <= rest.count {
      if rest.number(UInt32.self, at: 8) == sequence, let type = rest.number(UInt16.self, at: 4),
        let flags = rest.number(UInt16.self, at: 6)
      {
        replies.append(contentsOf: reply(type: type, flags: flags, rest.prefix(Int(length)).dropFirst(headerSize)))
      }
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return replies
  }

  private static let headerSize = MemoryLayout<nlmsghdr>.size

  private static func reply(type: UInt16, flags: UInt16, _ payload: ArraySlice<UInt8>) -> [NetlinkReply] {
    switch Int32(type) {
    case NLMSG_ERROR:
      guard let error = payload.number(Int32.self, at: 0) else { return [] }
      let words = text(payload, at: acknowledgementSize(payload, flags), flags)
      return [error == 0 ? .done(warning: words) : .refused(errno(error), message: words)]
    case NLMSG_DONE:
      // A dump that failed on its way ends with its error.
      let words = text(payload, at: 4, flags)
      guard let error = payload.number(Int32.self, at: 0), error < 0 else { return [.done(warning: words)] }
      return [.refused(errno(error), message: words)]
    case NLMSG_NOOP:
      return []
    default:
      return [.part(payload)]
    }
  }

  /// Bytes before the extended acknowledgement: the error, the header of the request, and unless they were left out
  /// (NETLINK_CAP_ACK) its contents.
  private static func acknowledgementSize(_ payload: ArraySlice<UInt8>, _ flags: UInt16) -> Int {
    let capped = 4 + headerSize
    guard flags & UInt16(NLM_F_CAPPED) == 0, let request = payload.number(UInt32.self, at: 4) else { return capped }
    return 4 + (max(Int(request), headerSize) + 3) & ~3
  }

  private static func text(_ payload: ArraySlice<UInt8>, at offset: Int, _ flags: UInt16) -> String? {
    guard flags & UInt16(NLM_F_ACK_TLVS) != 0 else { return nil }
    return NetlinkAttributes(payload.dropFirst(offset)).text(Int(NLMSGERR_ATTR_MSG.rawValue))
  }

  private static func errno(_ error: Int32) -> Errno {
    Errno(rawValue: error == .min ? .max : abs(error))
  }
}
