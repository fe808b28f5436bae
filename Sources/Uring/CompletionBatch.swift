import CKernelABI

/// The completions that were in a ring at one moment, read one by one where the kernel wrote them. A value of a few words
/// without references: walking through it allocates and counts nothing.
public struct CompletionBatch {
  /// How completions lie in a ring's slots.
  @usableFromInline
  package enum Format: Equatable, Sendable {
    /// 16 bytes each.
    case narrow
    /// 32 bytes each; a slot has 32 (IORING_SETUP_CQE32).
    case wide
    /// 16 bytes, or 32 in two slots that never lie across the ring's end: the kernel fills the last slot with an entry to
    /// be skipped (IORING_SETUP_CQE_MIXED, Linux 6.18).
    case mixed

    init(setupFlags: UInt32) {
      if setupFlags & ZB_IORING_SETUP_CQE32 != 0 {
        self = .wide
      } else {
        self = setupFlags & ZB_IORING_SETUP_CQE_MIXED != 0 ? .mixed : .narrow
      }
    }
  }

  @usableFromInline let entries: UnsafePointer<zb_cqe>
  @usableFromInline let mask: UInt32
  /// How completions lie in the ring's slots.
  @usableFromInline package let format: Format
  @usableFromInline let tail: UInt32
  /// Counts slots, like the kernel's word of that name.
  @usableFromInline package internal(set) var head: UInt32

  @inlinable
  package init(entries: UnsafePointer<zb_cqe>, mask: UInt32, format: Format, head: UInt32, tail: UInt32) {
    self.entries = entries
    self.mask = mask
    self.format = format
    self.head = head
    self.tail = tail
  }

  /// No completion is left.
  @inlinable
  public var isEmpty: Bool { head == tail }

  /// Takes the next completion in the order they came; nil when none is left.
  @inlinable @inline(__always)
  public mutating func next() -> Completion? { next(format) }

  /// The same for loops of one format each, in which it need not be looked at.
  /// - Parameter format: the batch's.
  @inlinable @inline(__always)
  package mutating func next(_ format: Format) -> Completion? {
    nextEntry(format).map { $0.completion }
  }

  /// Takes the next completion where it lies.
  @inlinable @inline(__always)
  package mutating func nextEntry(_ format: Format) -> CompletionEntry? {
    while head != tail {
      let slot = Int(truncatingIfNeeded: head & mask)
      switch format {
      case .wide:
        head &+= 1
        return CompletionEntry(entries + (slot &<< 1), format)
      case .narrow:
        head &+= 1
        return CompletionEntry(entries + slot, format)
      case .mixed:
        let flags = entries[slot].flags
        if flags & ZB_IORING_CQE_F_32 != 0 {
          head &+= 2
          return CompletionEntry(entries + slot, format)
        }
        head &+= 1
        if flags & ZB_IORING_CQE_F_SKIP == 0 { return CompletionEntry(entries + slot, format) }
      }
    }
    return nil
  }
}
