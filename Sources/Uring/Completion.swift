import CKernelABI

/// What became of one submission.
public struct Completion: Sendable, Equatable {
  /// The submission's.
  public let userData: UInt64
  /// The operation's result, or -errno.
  public let result: Int32
  /// IORING_CQE_F_*.
  public let flags: UInt32
  /// The second half of a wide completion: of a zero-copy one, where in the area the bytes lie. 0 on other rings.
  public let offset: UInt64

  /// The operation goes on and will complete again (IORING_CQE_F_MORE).
  @inlinable
  public var isMoreToCome: Bool { flags & ZB_IORING_CQE_F_MORE != 0 }

  /// The first provided buffer it filled (IORING_CQE_F_BUFFER); nil when it filled none.
  @inlinable
  public var buffer: UInt16? {
    flags & ZB_IORING_CQE_F_BUFFER == 0 ? nil : UInt16(truncatingIfNeeded: flags >> ZB_IORING_CQE_BUFFER_SHIFT)
  }

  @inlinable
  init(_ entry: zb_cqe, offset: UInt64 = 0) {
    userData = entry.user_data
    result = entry.res
    flags = entry.flags
    self.offset = offset
  }
}
