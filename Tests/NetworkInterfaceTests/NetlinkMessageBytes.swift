/// Netlink messages as the kernel writes them, for tests.
enum NetlinkMessageBytes {
  static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number) { Array($0) }
  }

  static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }

  static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    padded(bytes(UInt16(4 + value.count)) + bytes(type) + value)
  }

  static func message(type: UInt16, flags: UInt16 = 0, sequence: UInt32 = 7, _ payload: [UInt8]) -> [UInt8] {
    padded(
      bytes(UInt32(16 + payload.count)) + bytes(type) + bytes(flags) + bytes(sequence) + bytes(UInt32(0)) + payload)
  }

  /// A refusal as Linux answers it: the error, the request's header and, unless `request` is nil, its contents.
  static func refusal(_ error: Int32, text: String?, request: [UInt8]? = nil) -> [UInt8] {
    let header = bytes(UInt32(16 + (request?.count ?? 100))) + bytes(UInt16(16)) + bytes(UInt16(5)) + bytes(UInt64(7))
    let flags: UInt16 = (request == nil ? 0x100 : 0) | (text == nil ? 0 : 0x200)
    let words = text.map { attribute(1, Array($0.utf8) + [0]) } ?? []
    return message(type: 2, flags: flags, bytes(error) + header + padded(request ?? []) + words)
  }
}
