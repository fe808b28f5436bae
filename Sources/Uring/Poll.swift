import CKernelABI
import Glibc

/// Waits until a file can be read (IORING_OP_POLL_ADD, io_uring_enter(2)): completes with the events of poll(2).
public struct Poll: Submission, Equatable {
  public var descriptor: Int32
  /// Completes whenever there is more, until it is cancelled or a completion says `isMoreToCome` is false.
  public var isMultishot: Bool
  /// Comes back in every completion.
  public var userData: UInt64

  public init(descriptor: Int32, isMultishot: Bool = false, userData: UInt64) {
    self.descriptor = descriptor
    self.isMultishot = isMultishot
    self.userData = userData
  }

  /// Writes it into a submission of zeros.
  public func fill(_ submission: inout zb_sqe) {
    submission.opcode = UInt8(ZB_IORING_OP_POLL_ADD)
    submission.fd = descriptor
    submission.len = isMultishot ? ZB_IORING_POLL_ADD_MULTI : 0
    submission.msg_flags = UInt32(POLLIN)
    submission.user_data = userData
  }
}
