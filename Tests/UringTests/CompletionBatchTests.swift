import CKernelABI
import RingMemory
import SeededRandomness
import Testing

@testable import Uring

@Suite("Batches of completions")
struct CompletionBatchTests {
  private struct Posted: Equatable {
    var userData: UInt64
    var result: Int32
    var offset: UInt64
  }

  @Test("The format follows from how the ring was set up")
  func formats() {
    #expect(CompletionBatch.Format(setupFlags: 0) == .narrow)
    #expect(CompletionBatch.Format(setupFlags: RingOptions.zeroCopyReceive.rawValue) == .wide)
    #expect(CompletionBatch.Format(setupFlags: RingOptions.zeroCopyReceiveMixed.rawValue) == .mixed)
  }

  @Test("A wide completion never lies across the end of a mixed ring")
  func filler() {
    let ring = CompletionRingMemory(.mixed, slots: 4, counter: 0)
    for value in 1...3 as ClosedRange<UInt64> {
      #expect(ring.post(userData: value, result: 0, offset: nil))
    }
    var batch = ring.batch()
    #expect(batch.next()?.userData == 1)
    #expect(batch.next()?.userData == 2)
    #expect(batch.next()?.userData == 3)
    #expect(batch.next() == nil)
    ring.release(batch)
    #expect(ring.post(userData: 4, result: 7, offset: 0x1234))
    #expect(ring.fillers == 1)
    batch = ring.batch()
    let wide = batch.next()
    #expect(wide?.userData == 4)
    #expect(wide?.result == 7)
    #expect(wide?.offset == 0x1234)
    #expect(batch.next() == nil)
    #expect(batch.isEmpty)
    #expect(batch.head == 6)
  }

  @Test("A batch left half-way goes on in the next one")
  func partial() {
    let ring = CompletionRingMemory(.wide, slots: 8, counter: 0)
    for value in 0..<6 as Range<UInt64> {
      #expect(ring.post(userData: value, result: 1, offset: value << 12))
    }
    var batch = ring.batch()
    #expect(batch.next()?.offset == 0)
    #expect(batch.next()?.offset == 1 << 12)
    #expect(!batch.isEmpty)
    ring.release(batch)
    batch = ring.batch()
    #expect(batch.next()?.offset == 2 << 12)
  }

  @Test(
    "Whatever is posted is read once, in order, over the wrap of ring and counters",
    arguments: [CompletionBatch.Format.narrow, .wide, .mixed], [4, 8, 64] as [UInt32])
  func random(format: CompletionBatch.Format, slots: UInt32) {
    var generator = SplitMix64(seed: UInt64(slots))
    // The counters wrap in the middle of the run.
    let ring = CompletionRingMemory(format, slots: slots, counter: UInt32.max - 500)
    var expected: [Posted] = []
    var next: UInt64 = 1
    var read = 0
    while read < 3000 {
      for _ in 0..<Int.random(in: 0...Int(slots), using: &generator) {
        let isWide = format == .wide || format == .mixed && Bool.random(using: &generator)
        let offset = isWide ? UInt64.random(in: 0..<1 << 52, using: &generator) : nil
        let result = Int32.random(in: -200...65536, using: &generator)
        guard ring.post(userData: next, result: result, offset: offset) else { break }
        expected.append(Posted(userData: next, result: result, offset: offset ?? 0))
        next += 1
      }
      var batch = ring.batch()
      for _ in 0..<Int.random(in: 0...Int(slots) + 1, using: &generator) {
        guard let completion = batch.next() else {
          #expect(expected.isEmpty)
          break
        }
        guard !expected.isEmpty else {
          Issue.record("a completion nobody posted: \(completion)")
          return
        }
        #expect(
          Posted(userData: completion.userData, result: completion.result, offset: completion.offset)
            == expected.removeFirst())
        read += 1
      }
      ring.release(batch)
    }
    #expect((ring.fillers > 0) == (format == .mixed))
    #expect(ring.tail < UInt32.max - 500)
  }
}
