import CKernelABI

import Uring

/// A refill ring in plain memory, with a consumer that does what the kernel does.
package final class RefillRingMemory {
  private let words: UnsafeMutablePointer<UInt32>
  private let entries: UnsafeMutablePointer<zb_zcrx_rqe>
  private let slots: UInt32

  /// - Parameter counter: where head and tail begin.
  package init(slots: UInt32, counter: UInt32 = 0) {
    self.slots = slots
    words = .allocate(capacity: 2)
    words.initialize(repeating: counter, count: 2)
    entries = .allocate(capacity: Int(slots))
    entries.initialize(repeating: zb_zcrx_rqe(off: ~0, len: ~0, pad: ~0), count: Int(slots))
  }

  deinit {
    words.deallocate()
    entries.deallocate()
  }

  package func ring(buffers: Int = 1024, bufferLength: UInt32 = 4096, areaToken: UInt64 = 0) -> RefillRing {
    RefillRing(
      head: words, tail: words + 1, entries: entries, capacity: slots, areaSize: buffers * Int(bufferLength),
      bufferLength: bufferLength, areaToken: areaToken)
  }

  /// Entries published and not taken.
  package var published: UInt32 { words[1] &- words[0] }
  package var tail: UInt32 { words[1] }

  /// Takes all of them without looking.
  package func takeAll() {
    words[0] = words[1]
  }

  /// Takes at most `count` entries, as the kernel does; an entry that was not written shows as nil.
  package func take(_ count: UInt32) -> [UInt64?] {
    (0..<min(count, published)).map { _ in
      let slot = Int(words[0] & (slots - 1))
      let entry = entries[slot]
      entries[slot] = zb_zcrx_rqe(off: ~0, len: ~0, pad: ~0)
      words[0] &+= 1
      return entry.off == ~0 || entry.pad != 0 ? nil : entry.off
    }
  }
}
