import Linux
import SeededRandomness
import SystemPackage
import Testing
import Uring

@testable import Benchmark

extension UringLadder {
  /// Whether this process may create rings with buffers.
  static func worksHere() -> Bool {
    do throws(SystemCallError) {
      let ring = try Ring(entries: 8, options: [])
      _ = try ProvidedBufferRing(count: 1, length: 1, registeringWith: ring)
      return true
    } catch {
      return false
    }
  }

  /// As on kernels without what comes before.
  static let multishot = UringLadder(setups: standard.setups, receives: [.multishot, .single])
  static let single = UringLadder(setups: [[.clamp]], receives: [.single])
  /// The kernel refuses the best of everything.
  static let refused = UringLadder(
    setups: [RingOptions(rawValue: 1 << 31)] + standard.setups, receives: [.unknown] + standard.receives)
  static let hopeless = UringLadder(setups: [RingOptions(rawValue: 1 << 31)], receives: [.unknown])
}

@Suite("Receiving with io_uring", .enabled(if: UringLadder.worksHere(), "io_uring is not available here"))
struct UringReceiveTests {
  private static let ladders: [UringLadder] = [.standard, .multishot, .single, .refused]

  @Test("Every byte is counted, and the end of a stream is told", arguments: ladders)
  func countsBytes(ladder: UringLadder) throws {
    let pair = try LoopbackPair()
    let setup = try ReceiveSetup.fresh(length: 16_000, uring: ladder)
    let flow = Flow(socket: pair.far, id: 1, identified: 5)
    let tallies = try PathRun.uring.receive(setup, [flow]) {
      try pair.send([UInt8](repeating: 1, count: 1_000_003))
      #expect(flow.state == .open)
      pair.near.shutDown(sending: true, receiving: false)
      try eventually("the stream ends") { flow.isOver }
    }
    #expect(flow.bytes == 1_000_008)
    #expect(flow.state == .ended)
    #expect(flow.failure == nil)
    let sizes = try #require(tallies.sizes.report)
    #expect(sizes.maximum <= 16_000)
    #expect(setup.changed.wait(until: .now()), "the control thread is signalled")
  }

  @Test("A stream that is reset has failed, with the kernel's errno and the bytes it brought", arguments: ladders)
  func tellsResets(ladder: UringLadder) throws {
    var near: Socket?
    let far: Socket
    do {
      let pair = try LoopbackPair()
      (near, far) = (pair.near, pair.far)
    }
    let flow = Flow(socket: far, id: 1, identified: 0)
    _ = try PathRun.uring.receive(try .fresh(uring: ladder), [flow]) {
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

  @Test("Many flows with few buffers run out of them, and none is lost or starves", arguments: ladders)
  func manyFlows(ladder: UringLadder) throws {
    let pattern = Pattern()
    let pairs = try (0..<150).map { _ in try LoopbackPair() }
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 0) }
    // All have bytes before anybody receives, and 16 buffers of 10 bytes are not enough for a round.
    for (index, pair) in pairs.enumerated() {
      try pair.send(pattern.bytes(at: 0, count: 100 + index))
      if index % 2 == 0 { pair.near.shutDown(sending: true, receiving: false) }
    }
    let tallies = try PathRun.uring.receive(try .fresh(length: 160, pattern: pattern, uring: ladder), flows) {
      try eventually("all bytes arrive") { flows.reduce(0) { $0 + $1.bytes } == 26_175 }
      try eventually("half of the streams end") { flows.filter(\.isOver).count == 75 }
    }
    #expect(flows.map(\.bytes) == (100..<250).map { UInt64($0) })
    #expect(flows.enumerated().allSatisfy { $1.state == ($0 % 2 == 0 ? .ended : .open) })
    #expect(flows.allSatisfy { $0.checkedBytes == $0.bytes && $0.firstWrongOffset == nil })
    #expect(tallies.starved > 0)
  }

  @Test("Bytes that keep coming to many flows in odd pieces all stand where they belong", arguments: ladders)
  func verifies(ladder: UringLadder) throws {
    var generator = SplitMix64(seed: 7)
    let pattern = Pattern()
    let pairs = try (0..<20).map { _ in try LoopbackPair() }
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 100) }
    var offsets = [UInt64](repeating: 100, count: pairs.count)
    let tallies = try PathRun.uring.receive(try .fresh(length: 5000, pattern: pattern, uring: ladder), flows) {
      for _ in 0..<600 {
        let index = Int.random(in: 0..<pairs.count, using: &generator)
        var count = Int.random(in: 1...20_000, using: &generator)
        if Bool.random(using: &generator) { count = min(count, 300) }
        try pairs[index].send(pattern.bytes(at: offsets[index], count: count))
        offsets[index] += UInt64(count)
      }
      try eventually("all arrives") { flows.map(\.bytes) == offsets }
    }
    #expect(flows.allSatisfy { $0.firstWrongOffset == nil })
    #expect(flows.map { $0.checkedBytes + 100 } == offsets)
    #expect(tallies.verificationNanoseconds > 0)
  }

  @Test("A wrong byte is found where it stands", arguments: ladders)
  func findsWrongByte(ladder: UringLadder) throws {
    let pattern = Pattern()
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    _ = try PathRun.uring.receive(try .fresh(length: 777, pattern: pattern, uring: ladder), [flow]) {
      var bytes = pattern.bytes(at: 0, count: 50_000)
      bytes[31_111] ^= 0x40
      try pair.send(bytes)
      try eventually("all arrives") { flow.bytes == 50_000 }
    }
    #expect(flow.firstWrongOffset == 31_111)
  }

  @Test("A wake ends receiving although no flow has anything, and the socket is its owner's alone", arguments: ladders)
  func wakes(ladder: UringLadder) throws {
    let near = try lettingGo(ladder)
    try eventually("the peer sees the close") { near.receive(atMost: 1) == .endOfStream }
  }

  /// The near end of a connection whose far end was armed, not ended, and let go of.
  private func lettingGo(_ ladder: UringLadder) throws -> Socket {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    let tallies = try PathRun.uring.receive(try .fresh(uring: ladder), [flow]) {}
    #expect(tallies.sizes.report == nil)
    #expect(flow.state == .open)
    return pair.near
  }

  @Test("What the kernel took before the end is counted, what comes after it stays in the socket", arguments: ladders)
  func endsExactly(ladder: UringLadder) throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    let total = 3_000_000
    var sent = 0
    _ = try PathRun.uring.receive(try .fresh(length: 4096, uring: ladder), [flow]) {
      // The end comes in the middle of a stream that flows.
      let block = [UInt8](repeating: 1, count: 50_000)
      while flow.bytes < 1_000_000, sent < total { sent += try pair.near.send(block[...]) }
    }
    var rest = 0
    pair.near.shutDown(sending: true, receiving: false)
    try eventually("the rest is read") {
      while case .bytes(let bytes) = flow.socket.receive(atMost: 1 << 20) { rest += bytes.count }
      return flow.socket.receive(atMost: 1) == .endOfStream
    }
    #expect(Int(flow.bytes) + rest == sent)
  }

  @Test("A refused rung leads to the next, with one line that says so")
  func descends() throws {
    let pairs = try (0..<3).map { _ in try LoopbackPair() }
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 0) }
    let tallies = try PathRun.uring.receive(try .fresh(uring: .refused), flows) {
      for pair in pairs { try pair.send([1, 2, 3]) }
      try eventually("all arrives") { flows.allSatisfy { $0.bytes == 3 } }
    }
    #expect(tallies.notes.count == 2)
    #expect(tallies.notes.first?.contains("io_uring_setup: Invalid argument") == true)
    #expect(tallies.notes.last?.contains("recv: Invalid argument") == true)
    let plain = try PathRun.uring.receive(try .fresh(), []) {}
    #expect(plain.notes.isEmpty)
  }

  @Test("Where every rung is refused the path says why, or the flow does")
  func refusesAll() throws {
    let error = #expect(throws: SystemCallError.self) {
      try PathRun.uring.receive(try .fresh(uring: .hopeless), []) {}
    }
    #expect(error?.errno == .invalidArgument)
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    _ = try PathRun.uring.receive(
      try .fresh(uring: UringLadder(setups: [[]], receives: [.unknown])), [flow]
    ) {
      try eventually("the flow fails") { flow.isOver }
    }
    #expect(flow.failure == .invalidArgument)
  }

  @Test("A kernel that offers no bundles is taken at its word")
  func believesFeatures() {
    #expect(UringLadder.standard.firstRung(bundles: true) == 0)
    #expect(UringLadder.standard.firstRung(bundles: false) == 1)
    #expect(UringLadder.single.firstRung(bundles: false) == 0)
  }

  @Test(
    "The bytes of -l become at most 16 buffers of one length",
    arguments: [
      (1, 1, 1), (20, 16, 1), (15, 8, 1), (524_288, 16, 32_768), (1 << 20, 16, 65_536), (100_000, 16, 6250),
    ])
  func layout(bytes: Int, count: Int, length: Int) {
    let layout = UringBuffers(bytes: bytes)
    #expect((layout.count, layout.length) == (count, length))
    #expect(layout.count * layout.length <= bytes)
  }
}
