import CKernelABI
import SystemPackage

/// Receives from one TCP socket into a zero-copy queue until the end of the stream: completes once for every contiguous
/// piece, and a last time without `isMoreToCome`. Linux 6.15.
public struct ZeroCopyReceive: Sendable, Equatable {
  /// Of the connected socket.
  public var descriptor: Int32
  /// `ZeroCopyQueue.identifier`.
  public var queue: UInt32
  /// Bytes after which it ends as if the stream had; 0 for no limit.
  public var limit: UInt32
  /// Comes back in every completion.
  public var userData: UInt64

  public init(descriptor: Int32, queue: UInt32, limit: UInt32 = 0, userData: UInt64) {
    self.descriptor = descriptor
    self.queue = queue
    self.limit = limit
    self.userData = userData
  }

  /// Writes it into a submission of zeros.
  public func fill(_ submission: inout zb_sqe) {
    submission.opcode = UInt8(ZB_IORING_OP_RECV_ZC)
    submission.ioprio = UInt16(ZB_IORING_RECV_MULTISHOT)
    submission.fd = descriptor
    submission.len = limit
    submission.zcrx_ifq_idx = queue
    submission.user_data = userData
  }

  /// What a completion of a zero-copy receive says.
  public enum Outcome: Sendable, Equatable {
    /// So many bytes lie at the completion's offset; one entry of the refill ring is owed for them.
    case bytes(Int)
    /// The stream has ended, or `limit` was reached: the two look alike.
    case end
    /// The completion ring was full (ENOSPC): take completions and receive anew.
    case completionsFull
    /// A copy was needed and no buffer was free (ENOMEM): give buffers back, flush, receive anew. With a dma-buf: the
    /// bytes could not be had without a copy.
    case buffersExhausted
    case cancelled
    /// The connection's error, or EFAULT for bytes that lie in another queue's memory.
    case failed(Errno)
  }

  public static func outcome(of completion: Completion) -> Outcome {
    if completion.result > 0 { return .bytes(Int(completion.result)) }
    switch Errno(rawValue: -completion.result) {
    case Errno(rawValue: 0): return .end
    case .noSpace: return .completionsFull
    case .noMemory: return .buffersExhausted
    case .canceled: return .cancelled
    case let errno: return .failed(errno)
    }
  }
}
