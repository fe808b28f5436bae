import CKernelABI

import Uring

/// A completion ring in plain memory, with a producer that does what the kernel does.
package final class CompletionRingMemory {
  package let format: CompletionBatch.Format
  private let entries: UnsafeMutablePointer<zb_cqe>
  private let slots: UInt32
  package private(set) var head: UInt32
  package private(set) var tail: UInt32
  /// Slots the producer filled with entries to be skipped.
  package private(set) var fillers = 0

  package init(_ format: CompletionBatch.Format, slots: UInt32, counter: UInt32) {
    self.format = format
    self.slots = slots
    head = counter
    tail = counter
    let count = Int(slots) * (format == .wide ? 2 : 1)
    entries = .allocate(capacity: count)
    // Not zeros: what is read must have been written.
    entries.initialize(repeating: zb_cqe(user_data: ~0, res: -1, flags: ~0), count: count)
  }

  deinit {
    entries.deallocate()
  }

  private var room: UInt32 { slots &- (tail &- head) }

  /// Posts one completion; false when there is no room.
  ///
  /// - Parameters:
  ///   - offset: nil for a completion without; on a mixed ring it is then a narrow one.
  ///   - flags: IORING_CQE_F_* besides those of the format.
  package func post(userData: UInt64, result: Int32, offset: UInt64?, flags: UInt32 = 0) -> Bool {
    guard format == .mixed, offset != nil else {
      guard room >= 1 else { return false }
      write(userData, result, flags: flags, offset: format == .wide ? offset ?? 0 : nil)
      tail &+= 1
      return true
    }
    let isLastSlot = tail & (slots - 1) == slots - 1
    guard room >= (isLastSlot ? 3 : 2) else { return false }
    if isLastSlot {
      write(0, 0, flags: ZB_IORING_CQE_F_SKIP, offset: nil)
      tail &+= 1
      fillers += 1
    }
    write(userData, result, flags: flags | ZB_IORING_CQE_F_32, offset: offset)
    tail &+= 2
    return true
  }

  private func write(_ userData: UInt64, _ result: Int32, flags: UInt32, offset: UInt64?) {
    let slot = Int(tail & (slots - 1)) * (format == .wide ? 2 : 1)
    entries[slot] = zb_cqe(user_data: userData, res: result, flags: flags)
    if let offset {
      UnsafeMutableRawPointer(entries + slot + 1).storeBytes(of: zb_zcrx_cqe(off: offset, pad: 0), as: zb_zcrx_cqe.self)
    }
  }

  package func batch() -> CompletionBatch {
    CompletionBatch(entries: UnsafePointer(entries), mask: slots - 1, format: format, head: head, tail: tail)
  }

  package func release(_ batch: CompletionBatch) {
    head = batch.head
  }
}
