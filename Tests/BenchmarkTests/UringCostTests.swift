import Linux
import Testing
import Uring

@testable import Benchmark

/// What `uring` asks of the kernel for the bytes it brings: counts, which no busy machine changes.
@Suite("The cost of io_uring", .enabled(if: UringLadder.worksHere(), "io_uring is not available here"))
struct UringCostTests {
  /// Calls of io_uring_enter for each MiB of 32 streams that had all their bytes before anybody received.
  private func waitsPerMebibyte(length: Int) throws -> Double {
    let pairs = try (0..<32).map { _ in try LoopbackPair() }
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 0) }
    let each = 65_536
    for pair in pairs {
      try pair.send([UInt8](repeating: 1, count: each))
      pair.near.shutDown(sending: true, receiving: false)
    }
    let tallies = try PathRun.uring.receive(try .fresh(length: length), flows) {
      try eventually("all is received") { flows.allSatisfy(\.isOver) }
    }
    #expect(flows.allSatisfy { $0.bytes == UInt64(each) })
    return Double(tallies.calls) / (Double(32 * each) / 1_048_576)
  }

  @Test("With the default buffers a MiB of queued bytes takes at most 8 waits; epoll would need 16 calls and more")
  func waits() throws {
    let waits = try waitsPerMebibyte(length: ServerConfiguration.defaultLength)
    #expect(waits <= 8)
    #expect(waits > 0)
  }

  @Test("Buffers that are too small would be seen")
  func seesSmallBuffers() throws {
    #expect(try waitsPerMebibyte(length: 16_384) > 16)
  }
}
