import IperfProtocol
import Linux
import Report
import Testing

@testable import Benchmark

@Suite("The receiving side of a test")
struct ReceiveTestTests {
  private let nowhere = Endpoint(host: "", port: 0)

  private func test(
    _ mode: ReceiveMode, pattern: Pattern? = nil, omit: Int = 0, kind: RunReport.Kind = .raw, bandwidth: UInt64 = 0
  ) throws -> ReceiveTest {
    var settings = RunSettings()
    settings.bandwidth = bandwidth
    settings.verify = pattern != nil
    settings.omit = omit
    return ReceiveTest(
      kind: kind, peer: nowhere, local: nowhere, cookie: nil, settings: settings, configuration: try .oneWorker(mode),
      environment: .unknown, pattern: pattern, changed: try EventDescriptor())
  }

  /// Receives `bytes` after five that were read to identify the stream, until its end.
  private func receive(_ bytes: [UInt8], identified: [UInt8], in test: ReceiveTest) throws {
    let pair = try LoopbackPair()
    try test.admit(pair.far, id: 1, identified: .read(identified))
    test.startClock(at: .now())
    try pair.send(bytes)
    pair.near.shutDown(sending: true, receiving: false)
    try eventually("the stream ends") {
      test.settleEndedStreams()
      return !test.hasOpenStreams
    }
  }

  @Test("Every byte received with epoll was copied")
  func epollAccount() throws {
    let test = try test(.epoll)
    try receive([UInt8](repeating: 0, count: 1000), identified: Array("HELLO".utf8), in: test)
    let report = test.finish(at: .now(), outcome: .completed).report
    #expect(report.received?.bytes == 1005)
    #expect(report.copyAccount?.copied == ByteBounds(exactly: 1005))
    #expect(report.copyAccount?.zeroCopied == ByteBounds(exactly: 0))
    #expect(report.copyAccount?.discarded == 0)
  }

  @Test("In discard mode only the bytes that identified the stream were copied")
  func discardAccount() throws {
    let test = try test(.discard)
    try receive([UInt8](repeating: 0, count: 1000), identified: Array("HELLO".utf8), in: test)
    let report = test.finish(at: .now(), outcome: .completed).report
    #expect(report.received?.bytes == 1005)
    #expect(report.copyAccount?.copied == ByteBounds(exactly: 5))
    #expect(report.copyAccount?.discarded == 1000)
  }

  @Test("The intervals of a test sum up to what it received, by stream and in all")
  func intervalsSumUp() throws {
    let test = try test(.epoll)
    let pairs = [try LoopbackPair(), try LoopbackPair()]
    try test.admit(pairs[0].far, id: 1, identified: IdentifiedBytes())
    let start = MonotonicTime.now()
    test.startClock(at: start)
    for second in 1...3 {
      if second == 2 { try test.admit(pairs[1].far, id: 3, identified: .read(Array("late".utf8))) }
      for (index, pair) in pairs.prefix(second).enumerated() {
        try pair.send([UInt8](repeating: 0, count: 1000 * second + index))
      }
      let expected = second == 1 ? 1000 : second == 2 ? 5005 : 11_006 as UInt64
      try eventually("the bytes of second \(second) arrive") { test.bytes == expected }
      _ = test.takeDueSample(at: start.adding(seconds: Double(second)))
    }
    try pairs[0].send([1, 2, 3])
    try eventually("the rest arrives") { test.bytes == 11_009 }
    let (report, last) = test.finish(at: start.adding(seconds: 3.5), outcome: .completed)
    #expect(last?.bytes == 3)
    #expect(report.intervals.map(\.bytes) == [1000, 4005, 6001, 3])
    for stream in report.streams {
      let bytes = report.intervals.flatMap(\.streams).filter { $0.id == stream.id }.reduce(0) { $0 + $1.bytes }
      #expect(bytes == stream.received?.bytes)
    }
    #expect(report.received == Transfer(bytes: 11_009, start: 0, end: 3.5))
  }

  @Test("Omitted bytes are in no total, and are told apart")
  func omits() throws {
    let test = try test(.epoll, omit: 1)
    let pair = try LoopbackPair()
    try test.admit(pair.far, id: 1, identified: IdentifiedBytes())
    let start = MonotonicTime.now()
    test.startClock(at: start)
    try pair.send([UInt8](repeating: 0, count: 700))
    try eventually("700 bytes arrive") { test.bytes == 700 }
    #expect(test.takeDueSample(at: start.adding(seconds: 1))?.omitted == true)
    try pair.send([UInt8](repeating: 0, count: 41))
    try eventually("41 more arrive") { test.bytes == 741 }
    let report = test.finish(at: start.adding(seconds: 2), outcome: .completed).report
    #expect(report.received?.bytes == 41)
    #expect(report.streams.map(\.omittedBytes) == [700])
    #expect(report.intervals.filter { !$0.omitted }.reduce(0) { $0 + $1.bytes } == 41)
    #expect(report.copyAccount?.copied == ByteBounds(exactly: 41))
  }

  @Test("A wrong byte fails a test that went to its end, also among those that identified the stream")
  func verification() throws {
    let pattern = Pattern()
    for wrong in [3, 500] {
      var bytes = pattern.bytes(at: 0, count: 1000)
      bytes[wrong] ^= 0x10
      let test = try test(.epoll, pattern: pattern)
      try receive(Array(bytes[5...]), identified: Array(bytes[..<5]), in: test)
      let report = test.finish(at: .now(), outcome: .completed).report
      #expect(report.verification?.firstWrongOffset == UInt64(wrong))
      #expect(report.outcome.status == .failed)
    }
    let test = try test(.epoll, pattern: pattern)
    try receive(pattern.bytes(at: 5, count: 995), identified: pattern.bytes(at: 0, count: 5), in: test)
    let report = test.finish(at: .now(), outcome: .completed).report
    #expect(report.verification?.checkedBytes == 1000)
    #expect(report.outcome == .completed)
  }

  @Test("A stream that was reset fails the test and keeps its bytes")
  func resetStream() throws {
    let test = try test(.epoll)
    do {
      let pair = try LoopbackPair()
      try test.admit(pair.far, id: 1, identified: IdentifiedBytes())
      test.startClock(at: .now())
      try pair.send([1, 2, 3, 4])
      try eventually("four bytes arrive") { test.bytes == 4 }
      try LoopbackPair.resetOnClose(pair.near)
    }
    try eventually("the stream is over") { !test.hasOpenStreams }
    let report = test.finish(at: .now(), outcome: .completed).report
    #expect(report.outcome == Outcome(.failed, reason: "stream 1: Connection reset by peer"))
    #expect(report.received?.bytes == 4)
  }

  @Test("Bytes that lie in a socket when receiving ends make a test partial, unless the user ended it there")
  func unreadBytes() throws {
    for leavesUnread in [false, true] {
      let test = try test(.epoll)
      let pair = try LoopbackPair()
      try test.admit(pair.far, id: 1, identified: IdentifiedBytes())
      test.startClock(at: .now())
      // Below the low-water mark no worker wakes: it stands for one that gets no CPU.
      try pair.far.setReceiveLowWater(1 << 16)
      try pair.send([1, 2, 3])
      try eventually("three bytes lie in the socket") { try pair.far.queuedBytes() == 3 }
      let report = test.finish(at: .now(), outcome: .completed, leavesUnread: leavesUnread).report
      #expect(report.received?.bytes == 0)
      #expect(report.streams.map(\.unreadBytes) == [3])
      #expect(report.outcome.status == (leavesUnread ? .completed : .partial))
      if !leavesUnread { #expect(report.outcome.reason?.hasPrefix("3 bytes lay in the sockets") == true) }
    }
  }

  @Test("The opening report tells nothing of bytes that are under way")
  func nothingUnreadAtTheBegin() throws {
    let test = try test(.epoll)
    let pair = try LoopbackPair()
    try pair.far.setReceiveLowWater(1 << 16)
    try pair.send([1, 2, 3])
    try eventually("three bytes lie in the socket") { try pair.far.queuedBytes() == 3 }
    try test.admit(pair.far, id: 1, identified: IdentifiedBytes())
    #expect(test.openingReport().streams.map(\.unreadBytes) == [0])
  }

  @Test("The sender's account lands on the stream that has its number")
  func sendersAccount() throws {
    let test = try test(.epoll)
    let pairs = [try LoopbackPair(), try LoopbackPair()]
    for (id, pair) in zip([1, 3], pairs) { try test.admit(pair.far, id: id, identified: IdentifiedBytes()) }
    test.startClock(at: .now())
    var report = test.finish(at: .now(), outcome: .completed).report
    report.add(
      sendersAccount: TestResults(
        cpuTotal: 12, streams: [.init(id: 3, bytes: 30, endTime: 2), .init(id: 1, bytes: .max, endTime: 1)]))
    #expect(report.streams.map { $0.sent?.bytes } == [.max, 30])
    #expect(report.sent == nil, "a sum of hostile numbers neither wraps nor traps")
    #expect(report.notes.contains { $0.contains("the client's counts of all streams make a sum beyond 2^64 - 1") })
    #expect(report.processor.peer?.totalPercent == 12)
  }

  @Test("A silent client is given up after --idle-timeout, whatever it promised to pause for (-b)")
  func promisedPause() throws {
    let test = try test(.epoll, kind: .iperf3, bandwidth: 1)
    let pair = try LoopbackPair()
    try test.admit(pair.far, id: 1, identified: IdentifiedBytes())
    let start = MonotonicTime.now()
    test.startClock(at: start)
    try pair.send([1])
    try eventually("the byte arrives") { test.bytes == 1 }
    #expect(test.reachedLimit(at: start.adding(seconds: 29)) == nil)
    #expect(test.reachedLimit(at: start.adding(seconds: 58)) == nil, "a byte is progress, however few there are")
    #expect(test.reachedLimit(at: start.adding(seconds: 59.1)) == .idle(bytes: 0, 30))
    _ = test.finish(at: .now(), outcome: .completed)
  }

  @Test("A raw stream that drips is given up after --idle-timeout, one that brings 512 bytes a second is not")
  func drip() throws {
    let test = try test(.epoll)
    let pair = try LoopbackPair()
    try test.admit(pair.far, id: 1, identified: IdentifiedBytes())
    let start = MonotonicTime.now()
    test.startClock(at: start)
    try pair.send([UInt8](repeating: 0, count: 512 * 30))
    try eventually("the bytes arrive") { test.bytes == 512 * 30 }
    #expect(test.reachedLimit(at: start.adding(seconds: 30)) == nil)
    try pair.send([UInt8](repeating: 0, count: 512 * 30 - 1))
    try eventually("more arrive") { test.bytes == 2 * 512 * 30 - 1 }
    #expect(test.reachedLimit(at: start.adding(seconds: 59)) == nil)
    #expect(test.reachedLimit(at: start.adding(seconds: 60)) == .idle(bytes: 512 * 30 - 1, 30))
    _ = test.finish(at: .now(), outcome: .completed)
  }

  @Test("Of more streams than are listed one by one, every byte is in the sums")
  func manyStreams() throws {
    let test = try test(.epoll)
    let count = ReceiveTest.listedStreams + 3
    let start = MonotonicTime.now()
    for index in 0..<count {
      let pair = try LoopbackPair()
      try test.admit(pair.far, id: index + 1, identified: .read([UInt8](repeating: 1, count: 10)))
      if index == 0 { test.startClock(at: start) }
      try pair.send([2])
      pair.near.shutDown(sending: true, receiving: false)
      try eventually("the stream ends") {
        test.settleEndedStreams()
        return !test.hasOpenStreams
      }
    }
    let report = test.finish(at: start.adding(seconds: 1), outcome: .completed).report
    #expect(report.streams.count == ReceiveTest.listedStreams)
    #expect(report.unlistedStreams == UnlistedStreams(count: 3, bytes: 33))
    #expect(report.received?.bytes == UInt64(11 * count))
    #expect(report.settings.streams == count)
    #expect(report.intervals.map(\.bytes).reduce(0, +) == UInt64(11 * count))
    #expect(report.intervals.map(\.streams.count).max() ?? 0 <= ReceiveTest.listedStreams)
    #expect(report.workers.flatMap(\.streams).count == ReceiveTest.listedStreams)
  }
}
