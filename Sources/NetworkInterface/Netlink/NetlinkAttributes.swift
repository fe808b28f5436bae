/// The attributes of a netlink message: length, type and value, each aligned to 4 bytes (netlink(7)). Reading stops at the
/// first that does not fit into what was received.
struct NetlinkAttributes {
  private var values: [UInt16: ArraySlice<UInt8>] = [:]

  init(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while let length = rest.number(UInt16.self, at: 0), let type = rest.number(UInt16.self, at: 2) {
      guard length >= 4, Int(length) <= rest.count else { return }
      // The two upper bits say "nested" and "network byte order" (NLA_TYPE_MASK).
      values[type & 0x3FFF] = rest.dropFirst(4).prefix(Int(length) - 4)
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
  }

  func bytes(_ attribute: Int) -> ArraySlice<UInt8>? {
    UInt16(exactly: attribute).flatMap { values[$0] }
  }

  /// An unsigned number of whichever width the kernel chose: type "uint" is 4 or 8 bytes long.
  func number(_ attribute: Int) -> UInt64? {
    guard let bytes = bytes(attribute) else { return nil }
    return switch bytes.count {
    case 1: bytes.first.map(UInt64.init)
    case 2: bytes.number(UInt16.self, at: 0).map(UInt64.init)
    case 4: bytes.number(UInt32.self, at: 0).map(UInt64.init)
    case 8: bytes.number(UInt64.self, at: 0)
    default: nil
    }
  }

  /// A text, with or without its final NUL.
  func text(_ attribute: Int) -> String? {
    bytes(attribute).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  func nested(_ attribute: Int) -> NetlinkAttributes? {
    bytes(attribute).map(NetlinkAttributes.init)
  }
}

extension ArraySlice<UInt8> {
  /// The number in the machine's byte order `offset` bytes behind the slice's beginning; nil where it does not fit.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number? {
    withUnsafeBytes { bytes in
      offset + MemoryLayout<Number>.size <= bytes.count
        ? bytes.loadUnaligned(fromByteOffset: offset, as: Number.self) : nil
    }
  }
}
