import Linux
import Synchronization
import Testing

@testable import Benchmark

@Suite("Counters of a ring, read while they change")
struct ZeroCopyRingTallyTests {
  private static func values(_ number: UInt64) -> RingTally.Values {
    RingTally.Values(
      completed: number, proven: number &* 2, beside: number &* 3, drained: number &* 5,
      kernelCopied: number &* 7, kernelCopies: number &* 11)
  }

  @Test("What a reader gets was written together, the flows' counters included")
  func isConsistent() throws {
    let shared = Shared()
    let thread = try PinnedThread(name: "writer", cpu: nil) { _ in
      var number: UInt64 = 0
      while !shared.isOver.load(ordering: .relaxed) {
        number &+= 1
        shared.tally.begin()
        shared.flow.store(number &* 13, ordering: .relaxed)
        shared.tally.end(Self.values(number))
        // A moment for the reader, as between two batches.
        for _ in 0..<200 { _ = shared.isOver.load(ordering: .relaxed) }
      }
    }
    var (seen, different, last) = (0, 0, UInt64(0))
    let limit = MonotonicTime.now().adding(seconds: 10)
    while different < 500, MonotonicTime.now() < limit {
      guard let read = shared.tally.read({ shared.flow.load(ordering: .relaxed) }), read.values.kernelCopied != nil
      else { continue }
      let number = read.values.completed
      guard read.values == Self.values(number), read.flows == number &* 13, number >= last else {
        Issue.record("torn: \(read), after \(last)")
        break
      }
      seen += 1
      different += number == last ? 0 : 1
      last = number
    }
    shared.isOver.store(true, ordering: .relaxed)
    thread.join()
    #expect(different >= 500, "the writer wrote meanwhile; \(seen) times read")
  }

  private final class Shared: Sendable {
    let tally = RingTally()
    let flow = Atomic<UInt64>(0)
    let isOver = Atomic<Bool>(false)
  }

  @Test("A writer in the middle of a batch leaves nothing to read, and the reader does not wait for ever")
  func gaveUp() {
    let tally = RingTally()
    tally.begin()
    #expect(tally.read(within: 0.01, {}) == nil)
    tally.end(Self.values(1))
    #expect(tally.read({ 5 })?.flows == 5)
  }

  @Test("A worker that is off its CPU in the middle of a batch is waited for")
  func isWaitedFor() throws {
    let shared = Shared()
    shared.tally.begin()
    let thread = try PinnedThread(name: "writer", cpu: nil) { _ in
      // The batch goes on until the reader has found it under way, and a good deal longer than it takes to try again.
      while shared.flow.load(ordering: .relaxed) == 0 { pause(seconds: 0.001) }
      pause(seconds: 0.02)
      shared.tally.end(Self.values(7))
    }
    #expect(shared.tally.read(within: 0, {}) == nil, "it is under way")
    shared.flow.store(1, ordering: .relaxed)
    #expect(shared.tally.read(within: 60, {})?.values == Self.values(7))
    thread.join()
  }

  @Test("No count by the kernel is told apart from a count of 0")
  func notCounted() {
    let tally = RingTally()
    #expect(!tally.countsCopies)
    #expect(tally.read({})?.values.kernelCopied == .some(nil))
    tally.begin()
    tally.end(RingTally.Values(kernelCopied: 0))
    #expect(tally.countsCopies)
    #expect(tally.read({})?.values == RingTally.Values(kernelCopied: 0))
    #expect((Self.values(5) - Self.values(2)) == Self.values(3))
    #expect((RingTally.Values() - RingTally.Values()).kernelCopied == nil)
  }
}
