/// Network byte order.
extension FixedWidthInteger {
  var bigEndianBytes: [UInt8] {
    stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) }
  }

  /// The number in the first bytes of `bytes`; nil when there are too few.
  init?(bigEndianPrefixOf bytes: some Collection<UInt8>) {
    let prefix = bytes.prefix(Self.bitWidth / 8)
    guard prefix.count == Self.bitWidth / 8 else { return nil }
    self = prefix.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }
}
