import CAllocationCounter
import Glibc
import Linux
import Synchronization
import Testing

@testable import Benchmark

@Suite("Steady state of sending", .enabled(if: allocations_are_counted(), "a sanitizer is built in"))
struct SendSteadyStateTests {
  /// Allocations of the calling thread over `count` calls on a connection that somebody reads, after some that do not count.
  private func allocations<Path: SendPath & ~Copyable>(of kind: Path.Type, calls count: Int) throws -> UInt64 {
    signal(SIGPIPE, SIG_IGN)
    let pair = try StreamPair()
    var threads = ThreadList()
    let drain = Drain(pair.far)
    threads.append(try drain.start())
    var path = try Path(
      Payload(pattern: Pattern(), followsPattern: true, length: 100, file: nil), to: pair.near)
    var before: UInt64 = 0
    var sent: UInt64 = 0
    for call in 0..<2000 + count {
      if call == 2000 { before = allocations_of_this_thread() }
      let taken = path.send(at: sent, count: 100)
      if taken > 0 { sent += UInt64(taken) }
    }
    let after = allocations_of_this_thread()
    _ = path.stop()
    drain.end()
    threads.joinAll()
    return after - before
  }

  /// Reads a connection away on a thread of its own.
  private final class Drain: Sendable {
    private let socket: Socket
    private let isOver = Atomic<Bool>(false)

    init(_ socket: Socket) { self.socket = socket }

    func start() throws(SystemCallError) -> PinnedThread {
      try PinnedThread(name: "drain", cpu: nil) { _ in
        while !self.isOver.load(ordering: .relaxed) {
          if case .bytes = self.socket.receive(atMost: 1 << 16) { continue }
          usleep(100)
        }
      }
    }

    func end() { isOver.store(true, ordering: .relaxed) }
  }

  /// Allocates once a call.
  private struct Wasteful: SendPath, ~Copyable {
    private var path: WriteSend
    private var copy: [UInt8] = []

    init(_ payload: Payload, to socket: Socket) { path = WriteSend(payload, on: socket) }

    mutating func send(at offset: UInt64, count: Int) -> Int {
      copy = [UInt8](repeating: UInt8(truncatingIfNeeded: offset), count: count)
      return path.send(at: offset, count: count)
    }
  }

  @Test(
    "Over 5000 calls nothing is allocated, in any way of sending", .enabled(if: SentPath.permitted == SentPath.allCases)
  )
  func allocatesNothing() throws {
    let calls = 5000
    #expect(try allocations(of: WriteSend.self, calls: calls) == 0)
    #expect(try allocations(of: SendfileSend.self, calls: calls) == 0)
    #expect(try allocations(of: SpliceSend.self, calls: calls) == 0)
    #expect(try allocations(of: MsgZeroCopySend.self, calls: calls) == 0)
    #expect(try allocations(of: UringSend.self, calls: calls) == 0)
    #expect(try allocations(of: UringZeroCopySend.self, calls: calls) == 0)
    #expect(try allocations(of: ProbingSend<UringZeroCopySend>.self, calls: calls) == 0)
  }

  @Test("One allocation per call would be seen")
  func seesAllocations() throws {
    #expect(try allocations(of: Wasteful.self, calls: 5000) >= 5000)
  }
}
