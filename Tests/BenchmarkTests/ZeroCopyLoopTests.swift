import CKernelABI
import Linux
import Report
import Synchronization
import SystemPackage
import Testing

@testable import Benchmark
@testable import Uring

@Suite("The loop of zero-copy receive", .enabled(if: LoopBench.isPossible(), "no io_uring here"))
struct ZeroCopyLoopTests {
  private let pair: LoopbackPair
  private let flow: Flow

  init() throws {
    pair = try LoopbackPair()
    flow = Flow(socket: pair.far, id: 1, identified: 0)
  }

  private func queue(_ count: Int) throws {
    try pair.send([UInt8](repeating: 7, count: count))
    try eventually("\(count) bytes are queued") { try pair.far.queuedBytes() == count }
  }

  /// As if RECV_ZC had brought bytes.
  private func progress(_ count: UInt64) {
    flow.counters.pointee.bytes.wrappingAdd(count, ordering: .relaxed)
  }

  @Test(
    "What only interrupts RECV_ZC is counted by its cause, and it is armed anew",
    arguments: [
      (.noSpace, \.completionQueueFull), (.noMemory, \.noBuffer), (.canceled, \.watchdog), (.interrupted, \.other),
      (.resourceTemporarilyUnavailable, \.other),
    ] as [(Errno, KeyPath<ZeroCopyRearms, UInt64> & Sendable)])
  func rearms(errno: Errno, counter: KeyPath<ZeroCopyRearms, UInt64> & Sendable) throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    #expect(bench.state() == .armed)
    try bench.end(0, errno)
    #expect(bench.state() == .armed)
    let counts = bench.loop.rearms
    #expect(counts[keyPath: counter] == 1)
    #expect(counts.total == 1)
    #expect(flow.state == .open)
  }

  @Test("The end of the stream and the connection's errors end the flow, and wake whoever waits for that")
  func ends() throws {
    for (errno, state) in [(nil, .ended), (.connectionReset, .failed)] as [(Errno?, FlowCounters.State)] {
      let bench = try LoopBench()
      let flow = Flow(socket: pair.far, id: 1, identified: 0)
      try bench.loop.receive(flow, copying: false)
      #expect(bench.loop.occupied == 1)
      try bench.end(0, errno)
      #expect(flow.state == state)
      #expect(flow.failure == errno)
      #expect((bench.state(), bench.loop.occupied) == (.vacant, 0))
      #expect(bench.flowEnded.wait(until: .now()))
    }
  }

  @Test("An end while bytes are queued is none: recv() takes them, and knows the end")
  func endsBeforeItsTime() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try queue(1000)
    try bench.end()
    #expect((flow.bytes, flow.drained, flow.state) == (1000, 1000, .open))
    #expect(bench.state() == .armed, "RECV_ZC is asked again")
    try bench.end()
    #expect((flow.bytes, flow.state) == (1000, .ended))
  }

  @Test("Without a buffer and without progress, recv() takes what lies in ordinary memory, and it counts as copied")
  func drains() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try queue(100_000)
    try bench.end(0, .noMemory)
    #expect((flow.bytes, flow.drained, flow.proven) == (100_000, 100_000, 0))
    #expect(bench.loop.totals.drained == 100_000)
    #expect(bench.state() == .armed)
    #expect(try pair.far.queuedBytes() == 0)
  }

  @Test("Without a buffer but after progress it is simply asked again")
  func doesNotDrainAfterProgress() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try queue(1000)
    progress(10)
    try bench.end(0, .noMemory)
    #expect((flow.bytes, flow.drained) == (10, 0))
    #expect(bench.state() == .armed)
    // Now it has to show progress anew.
    try bench.end(0, .noMemory)
    #expect((flow.bytes, flow.drained) == (1010, 1000))
  }

  @Test("A drained stream that has ended is over")
  func drainsToTheEnd() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try queue(10)
    pair.near.shutDown(sending: true, receiving: false)
    try bench.end(0, .noMemory)
    #expect(flow.drained == 10)
    if flow.state == .open { try bench.end(0, .noMemory) }
    #expect(flow.state == .ended)
  }

  @Test("Bytes in another ring's memory are handed back; in a dma-buf they are ordinary ones, and drained")
  func badAddress() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try bench.end(0, .badAddress)
    let news = bench.takeNews()
    #expect(news.count == 1)
    guard case .misplaced(let moved)? = news.first else {
      Issue.record("no flow was handed back: \(news)")
      return
    }
    #expect(moved === flow)
    #expect((bench.state(), bench.loop.rearms.otherRing, flow.state) == (.vacant, 1, .open))

    let strict = try LoopBench(isStrict: true)
    try strict.loop.receive(flow, copying: false)
    try queue(50)
    try strict.end(0, .badAddress)
    #expect((flow.drained, strict.state()) == (50, .armed))
    #expect(strict.takeNews().isEmpty)
  }

  @Test("Places grow, keep each flow's counters, and are used again")
  func places() throws {
    let bench = try LoopBench()
    let flows = (0..<40).map { Flow(socket: pair.far, id: $0, identified: $0) }
    for flow in flows { try bench.loop.receive(flow, copying: false) }
    #expect(bench.loop.placeCount == 40)
    for (place, flow) in flows.enumerated() {
      #expect(bench.loop.places[place].counters == flow.counters)
      #expect(bench.loop.places[place].bytes == UInt64(place))
    }
    try bench.end(17)
    #expect((flows[17].state, flows[16].state, flows[18].state) == (.ended, .open, .open))
    #expect(bench.loop.admit(flow) == 17)
    #expect(bench.loop.places[17].counters == flow.counters)
    #expect((bench.loop.placeCount, bench.loop.occupied) == (40, 40))
  }

  @Test("A vacant place's late completion is nobody's")
  func lateCompletion() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try bench.end(0)
    try bench.end(0, .connectionReset)
    try bench.end(5, .connectionReset)
    #expect((flow.state, flow.failure) == (.ended, nil))
    #expect(bench.loop.occupied == 0)
  }

  // MARK: The silent stall

  @Test("Data that is queued while nothing comes: cancelled after two looks, armed again, and counted once it goes on")
  func stall() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    for _ in 0..<5 { try bench.loop.look() }
    #expect(bench.state() == .armed, "a silent peer is no stall")
    try queue(10)
    try bench.loop.look()
    #expect(bench.state() == .armed, "one look is too early")
    try bench.loop.look()
    #expect(bench.state() == .cancelling)
    try bench.end(0, .canceled)
    #expect((bench.state(), bench.loop.rearms.watchdog, bench.loop.stallsCured) == (.armed, 1, 0))
    progress(10)
    try bench.loop.look()
    #expect((bench.loop.stallsCured, flow.state) == (1, .open))
    try bench.loop.look()
    #expect(bench.loop.stallsCured == 1, "a cure is counted once")
  }

  @Test("Progress between two looks is no stall")
  func noStall() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    try queue(10)
    for _ in 0..<10 {
      try bench.loop.look()
      progress(1)
      try bench.loop.look()
      #expect(bench.state() == .armed)
    }
  }

  @Test("Cancelled too often without a byte, a flow goes on by copy, and it is known from which byte")
  func givesUp() throws {
    let bench = try LoopBench()
    progress(123)
    try bench.loop.receive(flow, copying: false)
    try queue(10)
    var cancellations = 0
    while bench.state() != .copying, cancellations < 100 {
      try bench.loop.look()
      guard bench.state() == .cancelling else { continue }
      cancellations += 1
      try bench.end(0, .canceled)
    }
    #expect(cancellations == Int(ZeroCopyLoop.mostCures) + 1)
    #expect(flow.copyingFrom == 123)
    try bench.loop.takeByCopy(Completion(zb_cqe(user_data: 0, res: 1, flags: 0)), at: 0)
    #expect((flow.bytes, flow.drained, bench.state()) == (133, 10, .copying))
    pair.near.shutDown(sending: true, receiving: false)
    try eventually("the stream has ended") {
      if flow.state == .open { try bench.loop.takeByCopy(Completion(zb_cqe(user_data: 0, res: 1, flags: 0)), at: 0) }
      return flow.state == .ended
    }
  }

  @Test("A flow of a test that is over is let go of without a word")
  func leaving() throws {
    let bench = try LoopBench()
    try bench.loop.receive(flow, copying: false)
    bench.loop.places[0].isLeaving = true
    try bench.loop.cancel(0)
    try bench.end(0, .canceled)
    #expect((bench.state(), bench.loop.occupied, flow.state) == (.vacant, 0, .open))
    #expect(bench.loop.rearms.watchdog == 0)
  }

  // MARK: Reading for the control thread

  @Test("Bytes read for the control thread are handed over, given back, and in no flow's account")
  func reading() throws {
    let bench = try LoopBench()
    try bench.loop.read(9, pair.far, limit: 100)
    let tag = CompletionTag.read(9).userData
    let more = zb_cqe(user_data: tag, res: 30, flags: ZB_IORING_CQE_F_MORE)
    try bench.loop.take(Completion(more, offset: 4096), ofReading: 9)
    try bench.loop.take(Completion(more, offset: 8192), ofReading: 9)
    #expect(bench.loop.reads[9]?.left == 40)
    #expect(bench.loop.totals.beside == 60)
    #expect(bench.loop.zero.queue.refill.returned == 2)
    try bench.loop.take(Completion(zb_cqe(user_data: tag, res: 0, flags: 0)), ofReading: 9)
    let news = bench.takeNews()
    #expect(news.count == 3)
    if case .bytes(9, let bytes, _)? = news.first { #expect(bytes == [UInt8](repeating: 0, count: 30)) }
    guard case .readingEnded(9, .done)? = news.last else {
      Issue.record("it did not end: \(news)")
      return
    }
    #expect(bench.loop.reads.isEmpty)
    #expect(bench.loop.intake.bytes == 0)
  }

  @Test(
    "The end of reading says why",
    arguments: [
      (.canceled, .stopped), (.badAddress, .otherRing), (.connectionReset, .failed(.connectionReset)),
    ] as [(Errno, ReadingEnd)])
  func readingEnds(errno: Errno, end: ReadingEnd) throws {
    let bench = try LoopBench()
    try bench.loop.read(4, pair.far, limit: 100)
    // A cancellation that nobody asked for is the watchdog's.
    if end == .stopped { try bench.loop.stopReading(4) }
    try bench.loop.take(
      Completion(zb_cqe(user_data: CompletionTag.read(4).userData, res: -errno.rawValue, flags: 0)), ofReading: 4)
    let news = bench.takeNews()
    guard case .readingEnded(4, let found)? = news.first else {
      Issue.record("it did not end: \(news)")
      return
    }
    #expect(found == end)
  }

  @Test("Without a buffer recv() reads for the control thread, no further than the limit")
  func readingByCopy() throws {
    let bench = try LoopBench()
    try bench.loop.read(4, pair.far, limit: 100)
    try queue(150)
    let none = zb_cqe(user_data: CompletionTag.read(4).userData, res: -Errno.noMemory.rawValue, flags: 0)
    try bench.loop.take(Completion(none), ofReading: 4)
    let news = bench.takeNews()
    guard case .bytes(4, let bytes, _)? = news.first, case .readingEnded(4, .done)? = news.last else {
      Issue.record("nothing was read: \(news)")
      return
    }
    #expect(bytes.count == 100)
    #expect(try pair.far.queuedBytes() == 50)
  }
}
