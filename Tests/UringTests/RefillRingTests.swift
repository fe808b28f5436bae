import CAllocationCounter
import CKernelABI
import RingMemory
import SeededRandomness
import Testing

@testable import Uring

@Suite("The refill ring")
struct RefillRingTests {
  private func offset(_ buffer: Int) -> UInt64 { UInt64(buffer) * 4096 }

  @Test("Nothing is visible before it is published, everything after")
  func publishing() {
    let memory = RefillRingMemory(slots: 8)
    var ring = memory.ring()
    ring.publish()
    #expect(memory.published == 0)
    for buffer in 0..<5 { ring.giveBack(offset(buffer)) }
    #expect(memory.published == 0)
    #expect(ring.occupancy == 5)
    ring.publish()
    #expect(memory.published == 5)
    #expect(memory.take(8) == (0..<5).map(offset))
    #expect(ring.occupancy == 0)
    #expect(ring.capacity == 8)
    #expect(ring.returned == 5)
  }

  @Test("An offset goes back as it came, with the area's token and its place in the buffer")
  func unchanged() {
    let memory = RefillRingMemory(slots: 4)
    var ring = memory.ring(areaToken: 1 << 48)
    ring.giveBack(1 << 48 | 4096 + 1234)
    ring.publish()
    #expect(memory.take(1) == [1 << 48 | 4096 + 1234])
  }

  @Test("A full ring lets the rest wait and drops nothing")
  func full() {
    let memory = RefillRingMemory(slots: 4)
    var ring = memory.ring(areaToken: 3 << 48)
    for buffer in 0..<10 { ring.giveBack(3 << 48 | offset(buffer) + 7) }
    ring.publish()
    #expect(memory.published == 4)
    #expect(ring.waiting == 6)
    #expect(ring.backlogHighWater == 6)
    #expect(ring.occupancyHighWater == 4)
    // The kernel looks at the buffer only, so that what waited may have lost its place within it.
    #expect(memory.take(3) == (0..<3).map { 3 << 48 | offset($0) + 7 })
    ring.publish()
    #expect(memory.published == 4)
    #expect(ring.waiting == 3)
    #expect(memory.take(4) == [3 << 48 | offset(3) + 7] + (4..<7).map { 3 << 48 | offset($0) })
    ring.publish()
    #expect(memory.take(4) == (7..<10).map { 3 << 48 | offset($0) })
    ring.publish()
    #expect(ring.waiting == 0)
    #expect(memory.published == 0)
    #expect(ring.returned == 10)
  }

  @Test("What comes while others wait does not overtake them")
  func order() {
    let memory = RefillRingMemory(slots: 2)
    var ring = memory.ring()
    for buffer in 0..<3 { ring.giveBack(offset(buffer)) }
    ring.publish()
    #expect(memory.take(2) == [offset(0), offset(1)])
    ring.giveBack(offset(3))
    ring.publish()
    #expect(memory.take(2) == [offset(2), offset(3)])
  }

  @Test("Every piece of one buffer is given back, however many wait")
  func pieces() {
    let memory = RefillRingMemory(slots: 1)
    var ring = memory.ring(buffers: 1, bufferLength: 65536)
    for piece in 0..<100 { ring.giveBack(UInt64(piece) * 600) }
    #expect(ring.waiting == 99)
    var taken = 0
    while taken < 100 {
      ring.publish()
      #expect(memory.take(1).allSatisfy { $0 != nil })
      taken += 1
    }
    ring.publish()
    #expect(memory.published == 0)
    #expect(ring.waiting == 0)
  }

  @Test("The counters may wrap")
  func wrap() {
    let memory = RefillRingMemory(slots: 4, counter: UInt32.max - 1)
    var ring = memory.ring()
    for buffer in 0..<6 { ring.giveBack(offset(buffer)) }
    ring.publish()
    #expect(memory.tail == 2)
    #expect(ring.occupancy == 4)
    #expect(memory.take(4) == (0..<4).map(offset))
    ring.publish()
    #expect(memory.take(4) == (4..<6).map(offset))
  }

  /// The kernel as a model: every buffer given out so often must come back so often, and no other.
  @Test(
    "Random traffic: one entry for every completion, oldest first, never more than fit",
    arguments: [1, 2, 16, 256] as [UInt32], [1, 7, 300])
  func random(slots: UInt32, buffers: Int) {
    var generator = SplitMix64(seed: UInt64(slots) << 32 | UInt64(buffers))
    let memory = RefillRingMemory(slots: slots, counter: UInt32.max - 2000)
    var ring = memory.ring(buffers: buffers, areaToken: 1 << 48)
    var owed = [Int](repeating: 0, count: buffers)
    var everWaited = false
    var total: UInt64 = 0
    for _ in 0..<3000 {
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        let buffer = Int.random(in: 0..<buffers, using: &generator)
        ring.giveBack(1 << 48 | offset(buffer) | UInt64.random(in: 0..<4096, using: &generator))
        owed[buffer] += 1
        total += 1
      }
      let before = memory.published
      if Bool.random(using: &generator) { ring.publish() } else { #expect(memory.published == before) }
      #expect(memory.published <= slots)
      everWaited = everWaited || ring.waiting > 0
      for entry in memory.take(UInt32.random(in: 0...slots + 8, using: &generator)) {
        guard let entry, entry >> 48 == 1 else {
          Issue.record("an entry that was not written, or of another area")
          return
        }
        owed[Int((entry & (1 << 48 - 1)) / 4096)] -= 1
      }
      guard owed.allSatisfy({ $0 >= 0 }) else {
        Issue.record("a buffer came back more often than it was given out")
        return
      }
      let inRing = UInt64(ring.occupancy)
      #expect(UInt64(owed.reduce(0, +)) == inRing + ring.waiting)
    }
    while owed.contains(where: { $0 > 0 }) {
      ring.publish()
      let taken = memory.take(slots)
      guard !taken.isEmpty else {
        Issue.record("buffers are missing")
        return
      }
      for case let entry? in taken { owed[Int((entry & (1 << 48 - 1)) / 4096)] -= 1 }
    }
    #expect(owed.allSatisfy { $0 == 0 })
    #expect(ring.waiting == 0)
    #expect(ring.returned == total)
    #expect(everWaited == (slots < 256))
  }

  @Test(
    "Neither completions nor returns nor the backlog allocate",
    .enabled(if: allocations_are_counted(), "a sanitizer is built in"))
  func allocations() {
    let memory = RefillRingMemory(slots: 64)
    var ring = memory.ring(buffers: 512)
    let completions = CompletionRingMemory(.mixed, slots: 256, counter: 0)
    var allocations: UInt64 = 0
    for round in 0..<200 as Range<UInt64> {
      for index in 0..<100 as Range<UInt64> {
        _ = completions.post(userData: index, result: 1, offset: (round &+ index) % 512 << 12)
      }
      var batch = completions.batch()
      let before = allocations_of_this_thread()
      while let completion = batch.next() { ring.giveBack(completion.offset) }
      ring.publish()
      allocations += allocations_of_this_thread() - before
      completions.release(batch)
    }
    #expect(allocations == 0)
    #expect(ring.returned > 10_000)
    #expect(ring.waiting > 0)
  }
}
