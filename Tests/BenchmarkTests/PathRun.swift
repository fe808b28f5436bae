import Linux
import Synchronization

@testable import Benchmark

/// A receive path on a thread of its own, as a worker runs it, without a worker's mail.
enum PathRun: CaseIterable, Sendable {
  case epoll
  case discard
  case uring
  case mmap
  /// `epoll` with an allocation per call, for tests of the tests.
  case wasteful

  /// Receives from `flows` while `body` runs here; what the path counted.
  ///
  /// - Parameter watch: called on the path's thread before and after it receives.
  func receive(
    _ setup: ReceiveSetup, _ flows: [Flow], watch: @escaping @Sendable () -> Void = {}, while body: () throws -> Void
  ) throws -> ReceiveTallies {
    let outcome = Mutex(Result<ReceiveTallies, SystemCallError>.success(ReceiveTallies()))
    let thread = try PinnedThread(name: "path", cpu: nil) { _ in
      let result = Result { () throws(SystemCallError) in
        switch self {
        case .epoll: try PathRun.run(ReadinessLoop<EpollReceive>.self, setup, flows, watch)
        case .discard: try PathRun.run(ReadinessLoop<DiscardReceive>.self, setup, flows, watch)
        case .uring: try PathRun.run(UringReceive.self, setup, flows, watch)
        case .mmap: try PathRun.run(ReadinessLoop<MappedReceive>.self, setup, flows, watch)
        case .wasteful: try PathRun.run(ReadinessLoop<WastefulReceive>.self, setup, flows, watch)
        }
      }
      outcome.withLock { $0 = result }
    }
    let done = Result { try body() }
    setup.wake.signal()
    thread.join()
    try done.get()
    return try outcome.withLock { $0 }.get()
  }

  private static func run<Path: ReceivePath & ~Copyable>(
    _ path: Path.Type, _ setup: ReceiveSetup, _ flows: [Flow], _ watch: () -> Void
  ) throws(SystemCallError) -> ReceiveTallies {
    var path = try Path(setup)
    for flow in flows { try path.adopt(flow) }
    watch()
    try path.receiveUntilWoken()
    watch()
    try path.leave()
    return path.tallies
  }
}

extension ReceiveSetup {
  static func fresh(
    length: Int = 65_536, pattern: Pattern? = nil, uring: UringLadder = .standard
  ) throws -> ReceiveSetup {
    ReceiveSetup(
      length: length, pattern: pattern, wake: try EventDescriptor(), changed: try EventDescriptor(), uring: uring)
  }
}

/// The epoll path with one allocation per call: what the test for a frugal steady state must catch.
struct WastefulReceive: SocketReader, ~Copyable {
  private final class Waste {
    let bytes: Int
    init(bytes: Int) { self.bytes = bytes }
  }

  private var reader: EpollReceive
  private var last = Waste(bytes: 0)

  init(_ setup: ReceiveSetup) throws(SystemCallError) {
    reader = try EpollReceive(setup)
  }

  var longest: Int { reader.longest }

  mutating func take(_ descriptor: Int32) -> Int {
    last = Waste(bytes: reader.take(descriptor))
    return last.bytes
  }

  mutating func inspect(_ count: Int, at offset: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>) {
    reader.inspect(count, at: offset, counters)
  }

  var verificationNanoseconds: Int64 { reader.verificationNanoseconds }
}
