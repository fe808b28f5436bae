import CLibNetlink
import Glibc
import Linux
import SystemPackage

/// A netlink socket (netlink(7)) in the network namespace of the thread that opened it. libnl's own sockets fold errnos
/// into codes of its own and know no extended acknowledgements, so that only its messages are used.
struct NetlinkSocket: ~Copyable {
  private let descriptor: Int32
  private var sequence: UInt32 = 0

  /// - Parameter number: NETLINK_ROUTE or NETLINK_GENERIC.
  init(protocol number: Int32) throws(SystemCallError) {
    descriptor = try NetlinkSocket.open(number)
  }

  deinit {
    close(descriptor)
  }

  /// Sends a request and gathers its answer: what follows the netlink header of each of its messages.
  /// - Parameter flags: NLM_F_DUMP to ask for all there are; without it the kernel is asked to acknowledge.
  mutating func request(
    _ message: borrowing NetlinkMessage, flags: Int32 = NLM_F_ACK
  ) throws(SystemCallError) -> [ArraySlice<UInt8>] {
    try exchange(message, flags: flags).parts
  }

  /// The same, with the warning the kernel may have accepted the request under.
  mutating func exchange(
    _ message: borrowing NetlinkMessage, flags: Int32 = NLM_F_ACK
  ) throws(SystemCallError) -> (parts: [ArraySlice<UInt8>], warning: String?) {
    sequence &+= 1
    let request = message.bytes(sequence: sequence, flags: flags)
    guard send(descriptor, request, request.count, 0) == request.count else {
      throw SystemCallError(attempt: message.attempt, call: "send (\(message.name))", errno: Errno(rawValue: errno))
    }
    var parts: [ArraySlice<UInt8>] = []
    while true {
      for reply in NetlinkReply.parse(try receive(for: message), sequence: sequence) {
        switch reply {
        case .part(let part): parts.append(part)
        case .done(let warning): return (parts, warning)
        case .refused(let errno, let text):
          throw SystemCallError(
            attempt: message.attempt, call: message.name, errno: errno, kernelText: text,
            advice: errno == .notPermitted ? "run as root, or with CAP_NET_ADMIN" : nil)
        }
      }
    }
  }

  private func receive(for message: borrowing NetlinkMessage) throws(SystemCallError) -> [UInt8] {
    let size = try received(for: message) { recv(descriptor, nil, 0, Int32(MSG_PEEK | MSG_TRUNC)) }
    var datagram = [UInt8](repeating: 0, count: size)
    let length = try received(for: message) { recv(descriptor, &datagram, size, 0) }
    return Array(datagram.prefix(length))
  }

  private func received(
    for message: borrowing NetlinkMessage, _ receive: () -> Int
  ) throws(SystemCallError) -> Int {
    while true {
      let length = receive()
      if length >= 0 { return length }
      if errno == EINTR { continue }
      throw SystemCallError(attempt: message.attempt, call: "recv (\(message.name))", errno: Errno(rawValue: errno))
    }
  }

  private static func open(_ number: Int32) throws(SystemCallError) -> Int32 {
    let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), number)
    guard descriptor >= 0 else {
      throw SystemCallError(attempt: "open a netlink socket", call: "socket", errno: Errno(rawValue: errno))
    }
    do throws(SystemCallError) {
      // The kernel's own words about a refusal, without the request they are about.
      try set(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, 1 as Int32, "NETLINK_EXT_ACK")
      try set(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, 1 as Int32, "NETLINK_CAP_ACK")
      // The kernel answers at once; should it not, waiting forever would help nobody.
      try set(descriptor, SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: 10, tv_usec: 0), "SO_RCVTIMEO")
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func set<Value: BitwiseCopyable>(
    _ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Value, _ name: String
  ) throws(SystemCallError) {
    var value = value
    guard setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size)) == 0 else {
      throw SystemCallError(attempt: "set \(name)", call: "setsockopt", errno: Errno(rawValue: errno))
    }
  }
}
