import CAllocationCounter
import Linux
import Synchronization
import Testing

@testable import Benchmark

@Suite("Steady state", .enabled(if: allocations_are_counted(), "a sanitizer is built in"))
struct SteadyStateTests {
  /// Receives, and allocations of the thread that makes them, from its first wait to its last.
  private func cost(of path: PathRun, pattern: Pattern? = nil) throws -> (calls: UInt64, allocations: UInt64) {
    // The Swift runtime makes the metadata of generic types once in a process, on first use: that is no steady state.
    _ = try run(path, pattern, bytes: 100)
    return try run(path, pattern, bytes: 1 << 20)
  }

  private func run(
    _ path: PathRun, _ pattern: Pattern?, bytes: Int
  ) throws -> (calls: UInt64, allocations: UInt64) {
    let pairs = [try LoopbackPair(), try LoopbackPair()]
    let flows = pairs.map { Flow(socket: $0.far, id: Int($0.far.number), identified: 0) }
    // 20 bytes a call make many calls of few bytes.
    let setup = try ReceiveSetup.fresh(length: path == .uring ? 8 : 20, pattern: pattern)
    let counts = Mutex<[UInt64]>([])
    let source = pattern ?? Pattern()
    let payload = withExtendedLifetime(source) { source.bytes(at: 0, count: bytes) }
    let watch: @Sendable () -> Void = {
      let count = allocations_of_this_thread()
      counts.withLock { $0.append(count) }
    }
    // The lock's own array grows on the first append, which is after the count was taken.
    counts.withLock { $0.reserveCapacity(2) }
    let tallies = try path.receive(setup, flows, watch: watch) {
      for pair in pairs { try pair.send(payload) }
      try eventually("all is received") { flows.allSatisfy { $0.bytes == UInt64(payload.count) } }
    }
    let taken = counts.withLock { $0 }
    try #require(taken.count == 2)
    // A wait of io_uring brings many receives, which count here.
    return (path == .uring ? tallies.sizes.report?.count ?? 0 : tallies.calls, taken[1] - taken[0])
  }

  @Test("Over 100 000 receive calls nothing is allocated, in any mode and while verifying")
  func allocatesNothing() throws {
    for (calls, allocations) in [
      try cost(of: .epoll), try cost(of: .discard), try cost(of: .epoll, pattern: Pattern()), try cost(of: .uring),
      try cost(of: .uring, pattern: Pattern()), try cost(of: .mmap), try cost(of: .mmap, pattern: Pattern()),
    ] {
      #expect(calls >= 100_000)
      #expect(allocations == 0)
    }
  }

  @Test("One allocation per call would be seen")
  func seesAllocations() throws {
    let (calls, allocations) = try cost(of: .wasteful)
    #expect(calls >= 100_000)
    #expect(allocations >= calls)
  }
}
