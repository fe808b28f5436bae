import CLibNetlink
import Linux
import SystemPackage

/// A netlink request under construction (netlink(7)); libnl lays it out.
struct NetlinkMessage: ~Copyable {
  private let message: OpaquePointer
  /// Completes "cannot …" should the request be refused.
  let attempt: String
  /// The request's name in the kernel's headers: "RTM_NEWLINK".
  let name: String

  private init(_ message: OpaquePointer?, _ name: String, to attempt: String) throws(SystemCallError) {
    self.message = try NetlinkMessage.orOutOfMemory(message, attempt)
    self.name = name
    self.attempt = attempt
  }

  /// A request of rtnetlink(7), whose family header is appended first.
  static func route<Header: BitwiseCopyable>(
    _ type: Int, _ name: String, flags: Int32 = 0, header: Header, to attempt: String
  ) throws(SystemCallError) -> NetlinkMessage {
    let request = try NetlinkMessage(nlmsg_alloc_simple(Int32(type), NLM_F_REQUEST | flags), name, to: attempt)
    try request.append(header)
    return request
  }

  /// A request of a generic netlink family.
  static func generic(
    family: UInt16, version: UInt8, command: Int, _ name: String, to attempt: String
  ) throws(SystemCallError) -> NetlinkMessage {
    // Room for the longest attribute there can be: a table that spreads packets may have thousands of entries.
    let request = try NetlinkMessage(nlmsg_alloc_size(1 << 17), name, to: attempt)
    _ = try orOutOfMemory(
      genlmsg_put(request.message, 0, 0, Int32(family), 0, NLM_F_REQUEST, UInt8(clamping: command), version), attempt)
    return request
  }

  deinit {
    nlmsg_free(message)
  }

  /// Appends a header of a request or of a nest.
  func append<Header: BitwiseCopyable>(_ header: Header) throws(SystemCallError) {
    var header = header
    try check(nlmsg_append(message, &header, MemoryLayout<Header>.size, Int32(NLMSG_ALIGNTO)))
  }

  func put(_ attribute: Int, _ number: UInt32) throws(SystemCallError) {
    try check(nla_put_u32(message, Int32(attribute), number))
  }

  /// Puts a count, and nothing for nil.
  func put(_ attribute: Int, _ count: Int?) throws(SystemCallError) {
    if let count { try put(attribute, UInt32(clamping: count)) }
  }

  func put(_ attribute: Int, byte: UInt8) throws(SystemCallError) {
    try check(nla_put_u8(message, Int32(attribute), byte))
  }

  func put(flag attribute: Int) throws(SystemCallError) {
    try check(nla_put_flag(message, Int32(attribute)))
  }

  func put(_ attribute: Int, _ text: String) throws(SystemCallError) {
    try check(nla_put_string(message, Int32(attribute), text))
  }

  func put(_ attribute: Int, _ bytes: [UInt8]) throws(SystemCallError) {
    try check(nla_put(message, Int32(attribute), Int32(bytes.count), bytes))
  }

  /// Puts what `body` puts into an attribute.
  func nest(
    _ attribute: Int, _ body: (borrowing NetlinkMessage) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    let start = try NetlinkMessage.orOutOfMemory(nla_nest_start(message, Int32(attribute)), attempt)
    try body(self)
    try check(nla_nest_end(message, start))
  }

  /// The request as it goes to the kernel.
  func bytes(sequence: UInt32, flags: Int32) -> [UInt8] {
    guard let header = nlmsg_hdr(message) else { return [] }
    header.pointee.nlmsg_seq = sequence
    header.pointee.nlmsg_flags |= UInt16(flags)
    return Array(UnsafeRawBufferPointer(start: header, count: Int(header.pointee.nlmsg_len)))
  }

  /// libnl has one reason to refuse here: the message would outgrow its page.
  private func check(_ result: Int32) throws(SystemCallError) {
    if result < 0 { throw NetlinkMessage.outOfMemory(attempt) }
  }

  private static func orOutOfMemory<Value>(_ value: Value?, _ attempt: String) throws(SystemCallError) -> Value {
    guard let value else { throw outOfMemory(attempt) }
    return value
  }

  private static func outOfMemory(_ attempt: String) -> SystemCallError {
    SystemCallError(attempt: attempt, call: "nlmsg_alloc", errno: .noMemory)
  }
}
