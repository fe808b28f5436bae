import CKernelABI

/// Receives from one TCP socket into buffers the ring provides (IORING_OP_RECV with IOSQE_BUFFER_SELECT, Linux 5.19).
public struct BufferReceive: Submission, Equatable {
  /// How often, and into how many buffers, one submission receives.
  public enum Kind: Sendable, Equatable {
    /// Once, into one buffer. Linux 5.19.
    case single
    /// Until the stream ends or no buffer is free, into one buffer for each completion. Linux 6.0.
    case multishot
    /// The same, into as many buffers as the socket has bytes for (IORING_FEAT_RECVSEND_BUNDLE). Linux 6.10.
    case bundle
    /// Flags no kernel knows, which answers -EINVAL: what a kernel too old does with the others, for tests.
    case unknown

    var priorityBits: UInt32 {
      switch self {
      case .single: 0
      case .multishot: ZB_IORING_RECV_MULTISHOT
      case .bundle: ZB_IORING_RECV_MULTISHOT | ZB_IORING_RECVSEND_BUNDLE
      case .unknown: 1 << 15
      }
    }
  }

  public var kind: Kind
  /// Of the connected socket.
  public var descriptor: Int32
  /// `ProvidedBufferRing.group`.
  public var group: UInt16
  /// Comes back in every completion.
  public var userData: UInt64

  public init(_ kind: Kind, descriptor: Int32, group: UInt16, userData: UInt64) {
    self.kind = kind
    self.descriptor = descriptor
    self.group = group
    self.userData = userData
  }

  /// Writes it into a submission of zeros.
  public func fill(_ submission: inout zb_sqe) {
    submission.opcode = UInt8(ZB_IORING_OP_RECV)
    submission.flags = UInt8(ZB_IOSQE_BUFFER_SELECT)
    submission.ioprio = UInt16(kind.priorityBits)
    submission.fd = descriptor
    submission.buf_group = group
    submission.user_data = userData
  }
}
