import CAllocationCounter
import Linux
import RingMemory
import Testing
import Uring

@testable import Benchmark

@Suite("Steady state of zero-copy receive", .enabled(if: allocations_are_counted(), "a sanitizer is built in"))
struct ZeroCopySteadyStateTests {
  /// Completions taken, and what the thread allocated meanwhile.
  private func cost(
    _ format: CompletionBatch.Format, pattern: Pattern? = nil, isWasteful: Bool = false
  ) -> (completions: UInt64, allocations: UInt64) {
    let bench = IntakeBench(format, slots: 256, refillSlots: 64, buffers: 64, pattern: pattern)
    var waste: [Int] = []
    func receive(batches: Int) {
      for batch in 0..<batches {
        for completion in 0..<100 {
          bench.bring(1448, at: UInt64(completion & 63) << 12 | 128, to: completion % 3)
        }
        _ = bench.take()
        // The refill ring is too small now and then, so that the waiting list has its turn too.
        if batch % 3 != 0 { bench.refillMemory.takeAll() }
        if isWasteful { waste = [batch] }
      }
    }
    // The Swift runtime makes the metadata of generic types once in a process, on first use: that is no steady state.
    receive(batches: 10)
    let before = (bench.intake.completions, allocations_of_this_thread())
    receive(batches: 1000)
    let after = (bench.intake.completions, allocations_of_this_thread())
    #expect(bench.refill.backlogHighWater > 0)
    #expect(waste.count <= 1)
    return (after.0 - before.0, after.1 - before.1)
  }

  @Test("Over 100 000 completions nothing is allocated, in any format and while verifying")
  func allocatesNothing() {
    for (completions, allocations) in [cost(.wide), cost(.mixed), cost(.wide, pattern: Pattern())] {
      #expect(completions == 100_000)
      #expect(allocations == 0)
    }
  }

  @Test("One allocation per batch would be seen")
  func seesAllocations() {
    let (completions, allocations) = cost(.wide, isWasteful: true)
    #expect(completions == 100_000)
    #expect(allocations >= 1000)
  }

  // MARK: A worker's own memory

  @Test(
    "A worker keeps at most 1 MiB beside area and rings, with the default sizes of 6 MiB socket buffers and 128 streams",
    .enabled(if: LoopBench.isPossible(), "no io_uring here"))
  func ownMemory() throws {
    let sizing = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 6 << 20, receiveRing: 1024)
    let socket = try LoopbackPair()
    let flows = (0..<128).map { Flow(socket: socket.far, id: $0, identified: 0) }
    let before = allocated_bytes_of_this_thread()
    let bench = try LoopBench(areaBytes: sizing.areaBytes, refillEntries: sizing.refillEntries)
    for flow in flows { try bench.loop.receive(flow, copying: false) }
    let bytes = allocated_bytes_of_this_thread() - before
    #expect(bytes <= 1 << 20, "\(bytes) bytes")
    // The counts of sizes alone are half of it: what is counted here are the loop's allocations.
    #expect(bytes >= 512 << 10)
  }

  @Test("The waiting list of the largest area takes no memory as long as nothing waits")
  func waitingList() throws {
    func resident() throws -> Int {
      let text = try TextFile.read("/proc/self/statm", limit: 256)
      return try #require(Int(text.split(separator: " ")[1])) * 4096
    }
    let buffers = 1 << 18
    let memories = (0..<64).map { _ in IntakeRefill(buffers: buffers) }
    let before = try resident()
    // 64 lists of 2 MiB each: 128 MiB if they were touched.
    for memory in memories { memory.make() }
    #expect(try resident() - before < 48 << 20)
  }

  private final class IntakeRefill {
    private let memory = RefillRingMemory(slots: 4)
    private let buffers: Int
    private var ring: RefillRing

    init(buffers: Int) {
      self.buffers = buffers
      ring = memory.ring(buffers: 1)
    }

    func make() {
      ring = memory.ring(buffers: buffers)
    }
  }
}
