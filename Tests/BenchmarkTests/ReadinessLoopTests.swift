import Linux
import SystemPackage
import Testing

@testable import Benchmark

@Suite("Readiness loop")
struct ReadinessLoopTests {
  private static let paths: [PathRun] = [.epoll, .discard, .mmap]

  @Test("Every byte is counted, and the end of a stream is told", arguments: paths)
  func countsBytes(path: PathRun) throws {
    let pair = try LoopbackPair()
    let setup = try ReceiveSetup.fresh(length: 1000)
    let flow = Flow(socket: pair.far, id: 1, identified: 5)
    let tallies = try path.receive(setup, [flow]) {
      try pair.send([UInt8](repeating: 1, count: 1_000_003))
      #expect(flow.state == .open)
      pair.near.shutDown(sending: true, receiving: false)
      try eventually("the stream ends") { flow.isOver }
    }
    #expect(flow.bytes == 1_000_008)
    #expect(flow.state == .ended)
    #expect(flow.failure == nil)
    // 1000 bytes a call at most, and one call for the end.
    #expect(tallies.calls >= 1002)
    #expect(try #require(tallies.sizes.report).maximum <= 1000)
    let epoll = try Epoll()
    try epoll.add(setup.changed.descriptor.number, .readable, tag: 1)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    try epoll.wait(milliseconds: 0, into: &ready)
    #expect(ready.count == 1, "the control thread is signalled")
  }

  @Test("A stream that is reset has failed, with the kernel's errno and the bytes it brought", arguments: paths)
  func tellsResets(path: PathRun) throws {
    var near: Socket?
    let far: Socket
    do {
      let pair = try LoopbackPair()
      (near, far) = (pair.near, pair.far)
    }
    let flow = Flow(socket: far, id: 1, identified: 0)
    _ = try path.receive(try .fresh(), [flow]) {
      _ = try near?.send([1, 2, 3][...])
      try eventually("three bytes arrive") { flow.bytes == 3 }
      if let near { try LoopbackPair.resetOnClose(near) }
      near = nil
      try eventually("the stream is over") { flow.isOver }
    }
    #expect(flow.state == .failed)
    #expect(flow.failure == .connectionReset)
    #expect(flow.bytes == 3)
  }

  @Test("Many flows, more than one batch of events, each keep their own count", arguments: paths)
  func manyFlows(path: PathRun) throws {
    let pairs = try (0..<150).map { _ in try LoopbackPair() }
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 0) }
    _ = try path.receive(try .fresh(), flows) {
      for (index, pair) in pairs.enumerated() {
        try pair.send([UInt8](repeating: 0, count: 100 + index))
        if index % 2 == 0 { pair.near.shutDown(sending: true, receiving: false) }
      }
      try eventually("all bytes arrive") { flows.reduce(0) { $0 + $1.bytes } == 26_175 }
      try eventually("half of the streams end") { flows.filter(\.isOver).count == 75 }
    }
    #expect(flows.map(\.bytes) == (100..<250).map { UInt64($0) })
    #expect(flows.enumerated().allSatisfy { $1.state == ($0 % 2 == 0 ? .ended : .open) })
  }

  @Test("A wake ends receiving although no flow has anything", arguments: paths)
  func wakes(path: PathRun) throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    let tallies = try path.receive(try .fresh(), [flow]) {}
    #expect(tallies.calls == 0)
    #expect(flow.state == .open)
  }

  @Test("A flow whose socket cannot be watched is an error, not a silence")
  func refusesUnwatchableFlow() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    let error = #expect(throws: SystemCallError.self) {
      try PathRun.epoll.receive(try .fresh(), [flow, flow]) {}
    }
    #expect(error?.errno == .fileExists)
  }

  @Test(
    "What is received is compared with the pattern, from the stream's offset on", arguments: [PathRun.epoll, .mmap])
  func verifies(path: PathRun) throws {
    let pattern = Pattern()
    let (right, wrong) = (try LoopbackPair(), try LoopbackPair())
    let flows = [
      Flow(socket: right.far, id: 1, identified: 100), Flow(socket: wrong.far, id: 3, identified: 0),
    ]
    _ = try path.receive(try .fresh(length: 777, pattern: pattern), flows) {
      try right.send(pattern.bytes(at: 100, count: 50_000))
      var bytes = pattern.bytes(at: 0, count: 50_000)
      bytes[31_111] ^= 0x40
      try wrong.send(bytes)
      try eventually("both arrive") { flows.map(\.bytes) == [50_100, 50_000] }
    }
    #expect(flows[0].firstWrongOffset == nil)
    #expect(flows[0].checkedBytes == 50_000)
    #expect(flows[1].firstWrongOffset == 31_111)
  }
}
