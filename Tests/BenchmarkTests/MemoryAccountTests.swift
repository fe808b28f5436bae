import Linux
import Metering
import MeteringBench
import Report
import Testing

@testable import Benchmark

/// A machine with one memory controller of 64 bytes a count: reads are event 1, writes event 2 (intel-skylake-client).
@Suite("Memory traffic of a run")
struct MemoryAccountTests {
  private let bench = CounterBench()
  private let origin = MonotonicTime(nanoseconds: 1_000_000_000_000)

  private func watch() throws -> MemoryWatch {
    let tree = try TemporaryTree(try PlatformFixture("intel-skylake-client").files)
    defer { tree.remove() }
    return MemoryWatch(MemoryBandwidthMeter.open(root: tree.root, opener: bench))
  }

  private func at(_ seconds: Double) -> MonotonicTime { origin.adding(seconds: seconds) }

  /// A second in which so many counts are added.
  private func pass(reads: UInt64, writes: UInt64) {
    bench.rates = [.init(14, 1): reads, .init(14, 2): writes]
    bench.advance()
  }

  /// A watch that has seen an idle second of 6400 bytes read and 12800 written, from 0 to 1.
  private func rested() throws -> MemoryWatch {
    let watch = try watch()
    watch.note(isIdle: true, at: at(0))
    pass(reads: 100, writes: 200)
    watch.note(isIdle: true, at: at(1))
    return watch
  }

  // MARK: Idle seconds

  @Test("One second of idleness is looked at, and then nothing is waited for any more")
  func idleSecond() throws {
    let watch = try watch()
    #expect(watch.deadline == nil)
    watch.note(isIdle: true, at: at(0))
    #expect(watch.deadline == at(1))
    pass(reads: 100, writes: 200)
    watch.note(isIdle: true, at: at(0.5))
    #expect(watch.idle == nil)
    watch.note(isIdle: true, at: at(1))
    #expect(watch.deadline == nil)
    #expect(watch.idle?.traffic.total == 300 * 64)
    #expect(watch.idle?.traffic.seconds == 1)
    watch.note(isIdle: true, at: at(7))
    #expect(watch.deadline == nil)
  }

  @Test("A second that somebody cuts short is none; what an earlier one said stays, with its age")
  func cutShort() throws {
    let watch = try watch()
    watch.note(isIdle: true, at: at(0))
    watch.note(isIdle: false, at: at(0.9))
    #expect(watch.deadline == nil)
    watch.note(isIdle: true, at: at(2))
    #expect(watch.deadline == at(3))
    #expect(watch.idle == nil)
    watch.note(isIdle: true, at: at(3))
    #expect(watch.idle?.end == at(3))
    watch.note(isIdle: false, at: at(4))
    watch.note(isIdle: true, at: at(5))
    watch.note(isIdle: false, at: at(5.5))
    #expect(watch.idle?.end == at(3))
  }

  @Test("Where nothing can be counted there is nothing to wait for")
  func nothingToWatch() {
    let watch = MemoryWatch(.unavailable("no"))
    watch.note(isIdle: true, at: at(0))
    #expect(watch.deadline == nil)
    #expect(MemoryAccount(watch, at: at(0)).report(end: nil, payload: 1) == MemoryReport(unavailable: "no"))
  }

  // MARK: Figures

  @Test("The idle rate is taken off, and what is left divided by the payload")
  func net() throws {
    let account = MemoryAccount(try rested(), at: at(3))
    pass(reads: 1000, writes: 2000)
    let report = account.report(end: account.end(at: at(5)), payload: 76_800)
    #expect(report.unavailable == nil)
    #expect(report.source?.name == "intel-free-running")
    #expect(report.traffic?.readBytes == 64_000)
    #expect(report.traffic?.writeBytes == 128_000)
    #expect(report.traffic?.seconds == 2)
    #expect(
      report.baseline == MemoryBaselineReport(seconds: 1, age: 2, readRate: 6400, writeRate: 12_800, totalRate: 19_200))
    #expect(report.noBaseline == nil)
    // 192000 counted, 2 s of 19200 idle.
    #expect(report.netBytes == 153_600)
    #expect(report.bytesPerPayloadByte == 2)
    #expect(report.remarks.isEmpty)
  }

  @Test("Without an idle second nothing is taken off and nothing is divided")
  func noBaseline() throws {
    let account = MemoryAccount(try watch(), at: at(3))
    pass(reads: 1000, writes: 2000)
    let report = account.report(end: account.end(at: at(4)), payload: 100)
    #expect(report.traffic?.totalBytes == 192_000)
    #expect(report.baseline == nil)
    #expect(report.noBaseline == "there was no idle second before the traffic")
    #expect(report.netBytes == nil)
    #expect(report.bytesPerPayloadByte == nil)
  }

  @Test("A machine that was busier while idle leaves nothing, and no negative number")
  func busyIdle() throws {
    let account = MemoryAccount(try rested(), at: at(1))
    pass(reads: 1, writes: 1)
    let report = account.report(end: account.end(at: at(2)), payload: 1000)
    #expect(report.netBytes == 0)
    #expect(report.bytesPerPayloadByte == 0)
  }

  @Test("No payload, no ratio")
  func noPayload() throws {
    let account = MemoryAccount(try rested(), at: at(1))
    pass(reads: 1000, writes: 1000)
    let report = account.report(end: account.end(at: at(2)), payload: 0)
    #expect(report.netBytes == 108_800)
    #expect(report.bytesPerPayloadByte == nil)
  }

  @Test("Intervals follow each other, and what was omitted is not counted")
  func intervals() throws {
    var account = MemoryAccount(try rested(), at: at(2))
    pass(reads: 500, writes: 0)
    let first = account.interval(at: at(3))
    #expect(
      first
        == IntervalMemoryReport(seconds: 1, readBytes: 32_000, writeBytes: 0, totalBytes: 32_000, netBytes: 12_800))
    account.restart(at: at(3))
    pass(reads: 0, writes: 1000)
    #expect(account.interval(at: at(4))?.totalBytes == 64_000)
    pass(reads: 1, writes: 1)
    #expect(account.report(end: account.end(at: at(5)), payload: 1).traffic?.totalBytes == 64_128)
  }

  @Test("Counters that stand still while a GiB moves are not believed; while little moves they are")
  func standingStill() throws {
    let account = MemoryAccount(try rested(), at: at(1))
    pass(reads: 0, writes: 0)
    let end = account.end(at: at(2))
    let report = account.report(end: end, payload: 1 << 30)
    #expect(report.unavailable?.contains("stood at zero") == true)
    #expect(report.traffic == nil)
    #expect(report.netBytes == nil)
    #expect(account.report(end: end, payload: 1000).traffic?.totalBytes == 0)
  }

  @Test("Counters that had to share the hardware are told of; those that had none of it give no figure")
  func shared() throws {
    let account = MemoryAccount(try rested(), at: at(1))
    bench.running = 255_000_000
    pass(reads: 100, writes: 0)
    let shared = account.report(end: account.end(at: at(2)), payload: 1)
    #expect(shared.traffic?.runningShare == 0.255)
    #expect(shared.remarks.contains { $0.contains("25 %") }, "\(shared.remarks)")
    let later = MemoryAccount(try watch(), at: at(2))
    bench.running = 0
    pass(reads: 100, writes: 0)
    let none = later.report(end: later.end(at: at(3)), payload: 1)
    #expect(none.unavailable?.contains("somebody else") == true)
    #expect(none.traffic == nil)
  }

  // MARK: In a run

  @Test("A server's test reports what its watch counted, from its clock's start, and in its intervals")
  func serverTest() throws {
    let nowhere = Endpoint(host: "", port: 0)
    let test = ReceiveTest(
      kind: .raw, peer: nowhere, local: nowhere, cookie: nil, settings: RunSettings(),
      configuration: try .oneWorker(), environment: .unknown, pattern: nil, changed: try EventDescriptor(),
      memory: try rested())
    let start = MonotonicTime.now()
    test.startClock(at: start)
    pass(reads: 1000, writes: 1000)
    let interval = try #require(test.takeDueSample(at: start.adding(seconds: 1)))
    #expect(interval.memory?.totalBytes == 128_000)
    pass(reads: 10, writes: 10)
    let report = test.finish(at: start.adding(seconds: 2), outcome: .completed).report
    #expect(report.memory?.traffic?.totalBytes == 129_280)
    #expect(report.memory?.baseline?.totalRate == 19_200)
    #expect(report.intervals.first?.memory == interval.memory)
  }

  @Test("A run that was not to count has no group at all")
  func switchedOff() throws {
    let nowhere = Endpoint(host: "", port: 0)
    let test = ReceiveTest(
      kind: .raw, peer: nowhere, local: nowhere, cookie: nil, settings: RunSettings(),
      configuration: try .oneWorker(), environment: .unknown, pattern: nil, changed: try EventDescriptor())
    test.startClock(at: .now())
    #expect(test.finish(at: .now(), outcome: .completed).report.memory == nil)
  }

  @Test("A sender's test reports the same of its own side")
  func clientTest() throws {
    let pair = try LoopbackPair()
    var configuration = ClientConfiguration(host: "127.0.0.1", toolVersion: "0")
    configuration.end = .bytes(1000)
    let test = try SendTest(
      configuration, choice: SendChoice(named: .write), environment: .unknown, sockets: [(id: 1, socket: pair.near)],
      endpoints: (Endpoint(host: "", port: 0), Endpoint(host: "", port: 0), ""), changed: try EventDescriptor(),
      memory: try rested())
    try test.start()
    pass(reads: 1000, writes: 1000)
    test.stop()
    let report = test.finish(at: .now()).report
    #expect(report.memory?.traffic?.totalBytes == 128_000)
    #expect(report.memory?.source?.name == "intel-free-running")
  }

  // MARK: Live

  @Test("Following shows the source, then intervals without a gap until the time is over")
  func follows() throws {
    let tree = try TemporaryTree(try PlatformFixture("intel-skylake-client").files)
    defer { tree.remove() }
    var spans: [(Double, Double)] = []
    var sources = 0
    try MemoryFollower(interval: 0.1, duration: 0.25).run(
      MemoryBandwidthMeter.open(root: tree.root, opener: bench), signals: try TerminationSignals()
    ) { event in
      switch event {
      case .source(let source, _):
        sources += 1
        #expect(source.name == "intel-free-running")
      case .interval(let start, let end, let result):
        spans.append((start, end))
        // The bench's time stands still: what was counted says so.
        #expect((try? result.get())?.totalBytes == 0)
      }
    }
    #expect(sources == 1)
    #expect(spans.first?.0 == 0)
    #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.1 == $1.0 })
    #expect(try #require(spans.last).1 >= 0.25)
  }

  @Test("Where nothing can be counted, following is not supported, and the reason is in the sentence")
  func cannotFollow() throws {
    let error = #expect(throws: BenchmarkError.self) {
      try MemoryFollower(interval: 1, duration: nil).run(.unavailable("no driver"), signals: try TerminationSignals()) {
        _ in
      }
    }
    #expect(error?.exitStatus == .notSupported)
    #expect(error?.description == "memory bandwidth: not available (no driver)")
  }
}
