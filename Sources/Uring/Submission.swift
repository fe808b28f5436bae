import CKernelABI

/// An operation that can be handed to a ring.
public protocol Submission: Sendable {
  /// Writes it into a submission of zeros.
  func fill(_ submission: inout zb_sqe)
}

extension Ring {
  /// Prepares an operation, which `submit` hands to the kernel.
  /// - Returns: false when the ring is full of submissions the kernel has not taken.
  public mutating func prepare(_ operation: some Submission) -> Bool {
    prepare { operation.fill(&$0) }
  }
}
