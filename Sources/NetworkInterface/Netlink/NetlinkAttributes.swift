/// The attributes of a netlink message: length, type and value, each aligned to 4 bytes (netlink(7)). Reading stops at the
/// first that does not fit into what was received.
struct NetlinkAttributes {
  /// In the order they came: lists repeat one type.
  private var values: [(type: UInt16, bytes: ArraySlice<UInt8>)] = []

  init(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while let length = rest.number(UInt16.self, at: 0), let type = rest.number(UInt16.self, at: 2) {
      guard length >= 4, Int(length) <= rest.count else { return }
      // The two upper bits say "nested" and "network byte order" (NLA_TYPE_MASK).
      values.append((type & 0x3FFF, rest.dropFirst(4).prefix(Int(length) - 4)))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
  }

  func bytes(_ attribute: Int) -> ArraySlice<UInt8>? {
    values.last { Int($0.type) == attribute }?.bytes
  }

  /// Whether it is there; a flag has no value.
  func has(_ attribute: Int) -> Bool { bytes(attribute) != nil }

  /// The nests of a list: of one type, or of any where the types count its items.
  func nests(_ attribute: Int? = nil) -> [NetlinkAttributes] {
    values.filter { attribute == nil || Int($0.type) == attribute }.map { NetlinkAttributes($0.bytes) }
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

  /// The same within 32 bits, as ids and indices are; nil where it is larger.
  func identifier(_ attribute: Int) -> UInt32? {
    number(attribute).flatMap(UInt32.init(exactly:))
  }

  /// The same as a count.
  func count(_ attribute: Int) -> Int? {
    number(attribute).map(Int.init(clamping:))
  }

  /// An array of 32-bit numbers.
  func identifiers(_ attribute: Int) -> [UInt32]? {
    bytes(attribute).map { bytes in
      stride(from: 0, to: bytes.count, by: 4).compactMap { bytes.number(UInt32.self, at: $0) }
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
