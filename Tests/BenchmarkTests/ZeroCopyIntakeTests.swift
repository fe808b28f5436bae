import CKernelABI
import SeededRandomness
import Synchronization
import Testing
import Uring

@testable import Benchmark

@Suite("The hot loop of zero-copy receive")
struct ZeroCopyIntakeTests {
  @Test("Every data completion is counted for its flow and given back once, in order")
  func counts() {
    let bench = IntakeBench()
    bench.bring(100, at: 4096, to: 0)
    bench.bring(200, at: 0, to: 2)
    bench.bring(300, at: 4096 + 100, to: 0)
    #expect(bench.take() == nil)
    #expect((bench.bytes(of: 0), bench.bytes(of: 1), bench.bytes(of: 2)) == (400, 0, 200))
    #expect((bench.intake.completions, bench.intake.bytes) == (3, 600))
    #expect(bench.returned() == [4096, 0, 4096 + 100])
    #expect(bench.take() == nil)
    #expect(bench.returned() == [])
    #expect(bench.intake.completions == 3)
  }

  @Test(
    "A completion proves that it was not copied when it begins within a buffer or is longer than a page",
    arguments: [
      (4096, 0, 4096, false), (4096, 0, 4097, true), (4096, 0, 1, false), (4096, 1, 1, true), (4096, 4095, 1, true),
      (4096, 8192, 4096, false), (16384, 4096, 100, true), (16384, 16384, 4096, false), (16384, 16384, 4097, true),
    ] as [(UInt32, UInt64, Int, Bool)])
  func proof(bufferLength: UInt32, offset: UInt64, size: Int, isProof: Bool) {
    let bench = IntakeBench(bufferLength: bufferLength)
    bench.bring(size, at: offset, to: 1)
    #expect(bench.take() == nil)
    #expect(bench.intake.proven == (isProof ? UInt64(size) : 0))
    #expect(bench.proven(of: 1) == bench.intake.proven)
    #expect(bench.proven(of: 0) == 0)
  }

  @Test(
    "It stops at whatever is no data completion of a flow, and goes on behind it",
    arguments: [
      (CompletionTag.flow(0).userData, 0, ZB_IORING_CQE_F_MORE), (CompletionTag.flow(0).userData, -105, 0),
      (CompletionTag.flow(0).userData, 10, 0), (CompletionTag.flow(3).userData, 10, ZB_IORING_CQE_F_MORE),
      (CompletionTag.mail.userData, 1, ZB_IORING_CQE_F_MORE), (CompletionTag.read(0).userData, 9, ZB_IORING_CQE_F_MORE),
      (CompletionTag.event.userData, 1, ZB_IORING_CQE_F_MORE), (UInt64.max, 1, ZB_IORING_CQE_F_MORE),
    ] as [(UInt64, Int32, UInt32)])
  func stops(userData: UInt64, result: Int32, flags: UInt32) {
    let bench = IntakeBench()
    bench.bring(7, at: 0)
    #expect(bench.ring.post(userData: userData, result: result, offset: 4096, flags: flags))
    bench.bring(9, at: 8192)
    let other = bench.take()
    #expect(other?.userData == userData)
    #expect(other?.result == result)
    #expect(other?.flags == flags)
    #expect(other?.offset == 4096)
    #expect(bench.returned() == [0])
    #expect(bench.bytes(of: 0) == 7)
    #expect(bench.take() == nil)
    #expect(bench.returned() == [8192])
    #expect((bench.bytes(of: 0), bench.intake.completions) == (16, 2))
  }

  @Test(
    "Over many batches nothing is lost, doubled or reordered, whatever else is in between and however full the rings are",
    arguments: [CompletionBatch.Format.wide, .mixed], [UInt32(4), 64])
  func random(format: CompletionBatch.Format, refillSlots: UInt32) {
    var generator = SplitMix64(seed: UInt64(refillSlots))
    // The counters wrap in the middle of the run.
    let bench = IntakeBench(format, slots: 32, refillSlots: refillSlots, counter: UInt32.max - 300)
    var (expected, returned): ([UInt64], [UInt64?]) = ([], [])
    var (bytes, others, stops) = ([UInt64](repeating: 0, count: bench.count), 0, 0)
    for _ in 0..<400 {
      for _ in 0..<Int.random(in: 0...20, using: &generator) {
        if Int.random(in: 0..<8, using: &generator) == 0 {
          others += bench.ring.post(userData: CompletionTag.mail.userData, result: 1, offset: nil) ? 1 : 0
          continue
        }
        let size = Int.random(in: 1...6000, using: &generator)
        let offset = UInt64.random(in: 0..<64, using: &generator) * 4096
        let flow = Int.random(in: 0..<bench.count, using: &generator)
        guard bench.bring(size, at: offset, to: flow) else { break }
        expected.append(offset)
        bytes[flow] += UInt64(size)
      }
      while let other = bench.take() {
        #expect(other.userData == CompletionTag.mail.userData)
        stops += 1
        returned += bench.returned()
      }
      if Bool.random(using: &generator) { returned += bench.returned() }
    }
    for _ in 0..<200 {
      returned += bench.returned()
      bench.refill.publish()
    }
    #expect(bench.refill.waiting == 0)
    #expect((bench.refill.backlogHighWater > 0) == (refillSlots == 4))
    #expect(stops == others)
    #expect(others > 100)
    #expect(bench.intake.completions == UInt64(expected.count))
    #expect((0..<bench.count).map(bench.bytes) == bytes)
    #expect(bench.intake.bytes == bytes.reduce(0, +))
    // What waited comes by buffers, so that only a ring that was never full keeps the order.
    if refillSlots == 4 {
      #expect(returned.compactMap { $0 }.sorted() == expected.sorted())
    } else {
      #expect(returned == expected)
    }
  }

  @Test("Sizes are counted one by one, and those beyond the largest with it")
  func sizes() {
    let bench = IntakeBench(buffers: 64)
    for size in [1448, 1448, 1, CompletionSizes.largest, CompletionSizes.largest + 5] { bench.bring(size, at: 0) }
    #expect(bench.take() == nil)
    let counts = bench.intake.sizes.counts
    #expect((counts[1448], counts[1], counts[CompletionSizes.largest]) == (2, 1, 2))
    bench.intake.reset(verifying: nil)
    #expect((bench.intake.completions, bench.intake.bytes, bench.intake.proven) == (0, 0, 0))
    #expect(bench.intake.sizes.report == nil)
  }

  @Test(
    "Verification compares what lies in the area with the flow's place in the pattern", arguments: [nil, 1500, 2999])
  func verification(wrong: Int?) {
    let pattern = Pattern()
    let bench = IntakeBench(pattern: pattern)
    let bytes = pattern.bytes(at: 0, count: 3000)
    bench.area.baseAddress!.advanced(by: 8192 + 64).copyMemory(from: Array(bytes[..<1000]), byteCount: 1000)
    bench.area.baseAddress!.advanced(by: 4096).copyMemory(from: Array(bytes[1000...]), byteCount: 2000)
    if let wrong { bench.area[4096 + wrong - 1000] ^= 1 }
    bench.bring(1000, at: 8192 + 64, to: 1)
    bench.bring(2000, at: 4096, to: 1)
    #expect(bench.take() == nil)
    let counters = bench.flows[1].counters
    let found = counters.pointee.firstWrongOffset.load(ordering: .relaxed)
    #expect(found == wrong.map(UInt64.init) ?? FlowCounters.noWrongByte)
    #expect(counters.pointee.checkedBytes.load(ordering: .relaxed) == 3000)
    #expect(bench.bytes(of: 1) == 3000)
  }
}
