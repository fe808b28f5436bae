import CKernelABI

/// A data completion's offset: the area's id in the upper 16 bits, the byte's place in the area below.
enum ZeroCopyOffset {
  /// Of the byte's place.
  static let mask: UInt64 = 1 << ZB_IORING_ZCRX_AREA_SHIFT - 1
}
