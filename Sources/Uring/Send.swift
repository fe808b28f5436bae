import CKernelABI
import Glibc

/// Sends bytes of a connection (IORING_OP_SEND and IORING_OP_SEND_ZC, io_uring_enter(2)). One completion tells how many
/// were taken, all of them unless the connection failed or the operation was cancelled (MSG_WAITALL).
///
/// Without a copy, a second completion follows where the first says `isMoreToCome`: the notification, which may come long
/// after, when the kernel reads the bytes no more (`isNotification`, `wasCopied`).
public struct Send: Submission, @unchecked Sendable {
  public enum Kind: Sendable, Equatable {
    /// The kernel copies the bytes. Linux 5.6.
    case copying
    /// The kernel reads the bytes where they are and reports whether it copied them after all. Linux 6.2 for the report,
    /// EINVAL before.
    case zeroCopy
    /// The same from the ring's registered buffer (`Ring.registerBuffer`), whose pages need not be looked up every time.
    case zeroCopyRegistered
  }

  public var descriptor: Int32
  /// Must neither change nor go before the last completion.
  public var bytes: UnsafeRawBufferPointer
  public var kind: Kind
  /// Comes back in every completion.
  public var userData: UInt64

  public init(descriptor: Int32, bytes: UnsafeRawBufferPointer, kind: Kind, userData: UInt64) {
    self.descriptor = descriptor
    self.bytes = bytes
    self.kind = kind
    self.userData = userData
  }

  /// Writes it into a submission of zeros.
  public func fill(_ submission: inout zb_sqe) {
    submission.opcode = UInt8(kind == .copying ? ZB_IORING_OP_SEND : ZB_IORING_OP_SEND_ZC)
    submission.fd = descriptor
    submission.addr = UInt64(UInt(bitPattern: bytes.baseAddress))
    submission.len = UInt32(truncatingIfNeeded: bytes.count)
    submission.msg_flags = UInt32(MSG_WAITALL | MSG_NOSIGNAL)
    submission.user_data = userData
    switch kind {
    case .copying: break
    case .zeroCopy: submission.ioprio = UInt16(ZB_IORING_SEND_ZC_REPORT_USAGE)
    case .zeroCopyRegistered:
      submission.ioprio = UInt16(ZB_IORING_SEND_ZC_REPORT_USAGE | ZB_IORING_RECVSEND_FIXED_BUF)
    }
  }
}

extension Completion {
  /// Tells that the kernel reads the bytes of a send no more (IORING_CQE_F_NOTIF).
  public var isNotification: Bool { flags & ZB_IORING_CQE_F_NOTIF != 0 }
  /// Of a notification: the kernel copied the bytes after all (IORING_NOTIF_USAGE_ZC_COPIED).
  public var wasCopied: Bool { UInt32(bitPattern: result) & ZB_IORING_NOTIF_USAGE_ZC_COPIED != 0 }
}
