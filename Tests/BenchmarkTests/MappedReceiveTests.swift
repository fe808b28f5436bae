import Glibc
import Linux
import Report
import Synchronization
import Testing

@testable import Benchmark

@Suite("Receiving by mapping")
struct MappedReceiveTests {
  /// Sends `count` bytes of the pattern so that the receiver gets whole pages: MSG_ZEROCOPY from page-aligned memory
  /// (Documentation/networking/msg_zerocopy.rst of the kernel). The memory stays until the far end has all of it.
  private func sendInPages(_ pair: LoopbackPair, _ pattern: Pattern, count: Int, whileSent: () throws -> Void) throws {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
    defer { memory.deallocate() }
    for offset in stride(from: 0, to: count, by: 1 << 16) {
      let piece = min(1 << 16, count - offset)
      (memory + offset).copyMemory(from: pattern.bytes(at: UInt64(offset), count: piece), byteCount: piece)
    }
    var one: Int32 = 1
    let (zeroCopy, zeroCopyFlag): (Int32, Int32) = (60, 0x400_0000)
    try #require(setsockopt(pair.near.number, SOL_SOCKET, zeroCopy, &one, 4) == 0)
    var sent = 0
    try eventually("\(count) bytes are taken") {
      while sent < count {
        let taken = Glibc.send(
          pair.near.number, memory + sent, min(count - sent, 1 << 16), Int32(MSG_DONTWAIT) | zeroCopyFlag)
        if taken < 0 { return false }
        sent += taken
      }
      return true
    }
    try whileSent()
  }

  @Test("Of a sender with MSG_ZEROCOPY at least half is mapped, and every byte stands where it belongs")
  func maps() throws {
    let pattern = Pattern()
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    let count = 8 << 20
    let tallies = try PathRun.mmap.receive(try .fresh(length: 1 << 19, pattern: pattern), [flow]) {
      try sendInPages(pair, pattern, count: count) {
        try eventually("all arrives") { flow.bytes == UInt64(count) }
      }
    }
    #expect(flow.firstWrongOffset == nil)
    #expect(flow.checkedBytes == UInt64(count))
    #expect(flow.proven >= UInt64(count) / 2)
    #expect(flow.proven <= UInt64(count))
    #expect(flow.proven % 4096 == 0)
    #expect(tallies.notes.isEmpty)
  }

  @Test("A wrong byte in a mapped page is found where it stands")
  func findsWrongByte() throws {
    let (pattern, other) = (Pattern(), Pattern())
    let pair = try LoopbackPair()
    // The receiver thinks the stream is 64 bytes further on than it is: every byte is wrong from the first.
    let flow = Flow(socket: pair.far, id: 1, identified: 64)
    _ = try PathRun.mmap.receive(try .fresh(length: 1 << 19, pattern: other), [flow]) {
      try sendInPages(pair, pattern, count: 1 << 20) {
        try eventually("all arrives") { flow.bytes == 64 + 1 << 20 || flow.firstWrongOffset != nil }
      }
    }
    #expect(flow.firstWrongOffset != nil)
  }

  @Test("Mapped bytes and copied ones are told apart, and few mapped ones are explained")
  func notes() {
    let none = MappingNote.sentences(mapped: 0, received: 1000, segments: [1448, 0], page: 4096)
    #expect(none.count == 3)
    #expect(none[0] == "mmap: none of 1000 bytes was mapped, 1000 bytes were copied")
    #expect(none[1].contains("MSG_ZEROCOPY"))
    #expect(none[2].contains("1448"))
    let most = MappingNote.sentences(mapped: 8192, received: 9000, segments: [1448], page: 4096)
    #expect(most == ["mmap: 91.0 % of 9000 bytes was mapped, 808 bytes were copied"])
    #expect(MappingNote.sentences(mapped: 4096, received: 10_000, segments: [4096], page: 4096).count == 2)
    #expect(MappingNote.sentences(mapped: 0, received: 0, segments: [], page: 4096).isEmpty)
  }

  @Test("Without omitted seconds the mapped bytes are exact, with them within a call")
  func bounds() {
    var bytes = MappedBytes(mapped: 8192, received: 10_000, longestCall: 5000)
    #expect(bytes.counted == ByteBounds(exactly: 8192))
    bytes.omitted = 6000
    bytes.mappedBefore = 4096
    bytes.mappedAfter = 4096
    // At most 6000 of the omitted bytes were mapped, and at least 4096.
    #expect(bytes.counted == ByteBounds(atLeast: 2192, atMost: 4000))
    bytes.longestCall = 100
    #expect(bytes.counted == ByteBounds(atLeast: 3996, atMost: 4000))
    bytes = MappedBytes(mapped: 0, received: 10, omitted: 10, longestCall: 100)
    #expect(bytes.counted == ByteBounds(exactly: 0))
  }
}
