import BoundedJSON
import Glibc
import IperfProtocol
import Linux
import Testing

@testable import Benchmark

@Suite("The control channel")
struct ControlChannelTests {
  private let pair: LoopbackPair
  private let channel: ControlChannel

  init() throws {
    pair = try LoopbackPair()
    channel = ControlChannel(pair.far, inboxLimit: 100)
  }

  private func arrive(_ bytes: [UInt8]) throws {
    let expected = channel.inbox.count + bytes.count
    try pair.send(bytes)
    try eventually("\(bytes.count) bytes arrive") {
      #expect(channel.receive() == .open)
      return channel.inbox.count == expected
    }
  }

  @Test("A message that comes byte by byte is there when its last byte is, and what follows it stays")
  func partialFrames() throws {
    let message = JSONValue.object(["a": .integer(7)])
    let frame = MessageFrame.encode(message)
    for byte in frame.dropLast() {
      try arrive([byte])
      #expect(try channel.takeMessage(limit: 90, limits: .parameters) == nil)
    }
    try arrive([try #require(frame.last), ControlState.testEnd.byte])
    #expect(try channel.takeMessage(limit: 90, limits: .parameters) == message)
    #expect(try channel.takeState() == .testEnd)
    #expect(try channel.takeState() == nil)
  }

  @Test("A length beyond the limit is refused as soon as it is known")
  func longFrame() throws {
    try arrive([0, 0, 0, 91])
    #expect(throws: BenchmarkError.self) { try channel.takeMessage(limit: 90, limits: .parameters) }
  }

  @Test("A frame of no JSON is refused")
  func noJSON() throws {
    try arrive([0, 0, 0, 2] + Array("{]".utf8))
    #expect(throws: BenchmarkError.self) { try channel.takeMessage(limit: 90, limits: .parameters) }
  }

  @Test("A byte that is no state is refused")
  func unknownState() throws {
    try arrive([0x7F])
    #expect(throws: ProtocolError.self) { try channel.takeState() }
  }

  @Test("What exceeds the inbox stays in the socket until there is room")
  func boundedInbox() throws {
    try pair.send(Array(0..<250))
    try eventually("it all arrives") { try pair.far.queuedBytes() == 250 }
    #expect(channel.receive() == .open)
    #expect(Array(channel.inbox) == Array(0..<100))
    #expect(channel.receive() == .open)
    #expect(channel.inbox.count == 100)
    channel.inbox.removeFirst(60)
    #expect(channel.receive() == .open)
    #expect(Array(channel.inbox) == Array(60..<160))
  }

  @Test("Bytes before a close are kept, and the close is told")
  func close() throws {
    try pair.send([1, 2])
    pair.near.shutDown(sending: true, receiving: false)
    try eventually("the close arrives") { channel.receive() == .closed }
    #expect(channel.inbox == [1, 2])
    #expect(channel.receive() == .closed)
  }

  @Test("Bytes that do not fit are kept in order and sent when there is room")
  func outbox() throws {
    // More than any loopback socket buffers.
    var bytes = [UInt8](repeating: 0, count: 16 << 20)
    for index in stride(from: 0, to: bytes.count, by: 1009) { bytes[index] = UInt8(truncatingIfNeeded: index >> 8) }
    try channel.send(bytes)
    #expect(channel.hasUnsentBytes)
    try channel.send([9, 9])
    var received: [UInt8] = []
    try eventually("everything arrives") {
      if case .bytes(let more) = pair.near.receive(atMost: 1 << 20) { received += more }
      try channel.flush()
      return received.count == bytes.count + 2
    }
    #expect(received == bytes + [9, 9])
    #expect(!channel.hasUnsentBytes)
  }

  @Test("Taking states costs the same however many wait behind them")
  func manyStates() throws {
    // Half of what a client's inbox may hold; moved down byte by byte, it would take a minute of CPU time.
    let count = 8 << 20
    channel.inbox = ArraySlice(repeating: ControlState.testStart.byte, count: count)
    var usage = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &usage)
    let before = usage.tv_sec
    for _ in 0..<1 << 17 { #expect(try channel.takeState() == .testStart) }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &usage)
    #expect(usage.tv_sec - before < 10)
    #expect(channel.inbox.count == count - 1 << 17)
  }

  @Test("The kernel asks an idle control connection whether the peer is there, before a NAT forgets it")
  func keepalive() throws {
    func option(_ level: Int32, _ name: Int32) -> Int32 {
      var (value, size) = (Int32(-1), socklen_t(MemoryLayout<Int32>.size))
      getsockopt(pair.far.number, level, name, &value, &size)
      return value
    }
    #expect(option(SOL_SOCKET, SO_KEEPALIVE) == 1)
    #expect(option(Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 15)
    #expect(option(Int32(IPPROTO_TCP), TCP_KEEPINTVL) == 15)
    #expect(option(Int32(IPPROTO_TCP), TCP_KEEPCNT) == 20)
  }
}
