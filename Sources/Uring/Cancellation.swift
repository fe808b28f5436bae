import CKernelABI

/// Ends an operation that is under way: it completes with -ECANCELED. The cancellation itself completes with 0, with
/// -ENOENT when nothing was found, or with -EALREADY when the operation is past being stopped (io_uring_enter(2),
/// IORING_OP_ASYNC_CANCEL).
public struct Cancellation: Submission, Equatable {
  /// Of the operation to end.
  public var target: UInt64
  /// Comes back in the cancellation's own completion.
  public var userData: UInt64

  public init(of target: UInt64, userData: UInt64) {
    self.target = target
    self.userData = userData
  }

  /// Writes it into a submission of zeros.
  public func fill(_ submission: inout zb_sqe) {
    submission.opcode = UInt8(ZB_IORING_OP_ASYNC_CANCEL)
    submission.fd = -1
    submission.addr = target
    submission.user_data = userData
  }
}

/// Ends every operation of the ring that is under way; completes with how many there were, or with -ENOENT when there was
/// none (IORING_ASYNC_CANCEL_ANY, Linux 5.19).
public struct CancellationOfAll: Submission, Equatable {
  /// Comes back in the cancellation's own completion.
  public var userData: UInt64

  public init(userData: UInt64) {
    self.userData = userData
  }

  /// Writes it into a submission of zeros.
  public func fill(_ submission: inout zb_sqe) {
    submission.opcode = UInt8(ZB_IORING_OP_ASYNC_CANCEL)
    submission.fd = -1
    submission.msg_flags = ZB_IORING_ASYNC_CANCEL_ANY | ZB_IORING_ASYNC_CANCEL_ALL
    submission.user_data = userData
  }
}
