import CKernelABI
import CLinux
import Glibc
import Linux
import SystemPackage

/// What a kernel answers when it is asked about zero-copy receive. Gathering it changes nothing.
struct ZeroCopyEvidence {
  enum Answer<Value> {
    case answered(Value)
    case refused(Errno)
  }

  /// What became of registering a zero-copy queue on interface index 0, which no interface has. The refusals come in
  /// this order: EINVAL where the kernel does not know the registration, EOPNOTSUPP where it was built without it, EPERM
  /// without CAP_NET_ADMIN, ENODEV for the interface.
  enum Probe {
    case noRing(SystemCallError)
    case refused(Errno)
    case accepted
  }

  /// For the reader; nothing is concluded from it.
  var kernelRelease: String
  var opcodes: Answer<zb_query_opcodes>
  var zeroCopy: Answer<zb_query_zcrx>
  var probe: Probe

  /// Asks the running kernel.
  static func gather() -> ZeroCopyEvidence {
    ZeroCopyEvidence(
      kernelRelease: kernelRelease(),
      opcodes: query(ZB_IO_URING_QUERY_OPCODES, zb_query_opcodes()),
      zeroCopy: query(ZB_IO_URING_QUERY_ZCRX, zb_query_zcrx()),
      probe: registerOnNoInterface())
  }

  /// Asks one question of IORING_REGISTER_QUERY, and once more where it is refused: no answer is taken for a kernel that
  /// answers none. Fields the kernel does not know yet stay zero.
  private static func query<Value>(_ question: UInt32, _ blank: Value) -> Answer<Value> {
    let answer = ask(question, blank)
    guard case .refused = answer else { return answer }
    return ask(question, blank)
  }

  private static func ask<Value>(_ question: UInt32, _ blank: Value) -> Answer<Value> {
    var value = blank
    var header = zb_query_hdr()
    header.query_op = question
    header.size = UInt32(MemoryLayout<Value>.size)
    let result = withUnsafeMutableBytes(of: &value) { bytes in
      header.query_data = UInt64(UInt(bitPattern: bytes.baseAddress))
      return zb_ring_register(-1, ZB_IORING_REGISTER_QUERY, &header, 0)
    }
    if result < 0 { return .refused(Errno(rawValue: -result)) }
    if header.result < 0 { return .refused(Errno(rawValue: -header.result)) }
    return .answered(value)
  }

  private static func registerOnNoInterface() -> Probe {
    do throws(SystemCallError) {
      let ring = try tryTwice(after: [.invalidArgument]) { () throws(SystemCallError) in
        try Ring(entries: 1, options: .zeroCopyReceive)
      }
      let first = registerOnNoInterface(ring)
      switch first {
      case .refused(.invalidArgument), .refused(.notSupported): return registerOnNoInterface(ring)
      case .noRing, .refused, .accepted: return first
      }
    } catch {
      return .noRing(error)
    }
  }

  private static func registerOnNoInterface(_ ring: borrowing Ring) -> Probe {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * page, alignment: page)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    defer { memory.deallocate() }

    // Up to 6.17 the kernel takes the memory in before it looks for the interface, so that it has to be good.
    let start = UInt64(UInt(bitPattern: memory.baseAddress))
    var area = zb_zcrx_area_reg()
    area.addr = start
    area.len = UInt64(page)
    var region = zb_region_desc()
    region.user_addr = start + UInt64(page)
    region.size = UInt64(page)
    region.flags = ZB_IORING_MEM_REGION_TYPE_USER
    var registration = zb_zcrx_ifq_reg()
    registration.if_idx = 0
    registration.rq_entries = 8
    let descriptor = ring.descriptor
    let result = withUnsafeMutablePointer(to: &area) { area in
      withUnsafeMutablePointer(to: &region) { region in
        registration.area_ptr = UInt64(UInt(bitPattern: area))
        registration.region_ptr = UInt64(UInt(bitPattern: region))
        return zb_ring_register(descriptor, ZB_IORING_REGISTER_ZCRX_IFQ, &registration, 1)
      }
    }
    return result < 0 ? .refused(Errno(rawValue: -result)) : .accepted
  }

  private static func kernelRelease() -> String {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
