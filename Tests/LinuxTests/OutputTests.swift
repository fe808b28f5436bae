import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Linux

/// What a pipe was given, read by a test when it likes.
private final class TestPipe {
  let reading: Descriptor
  let output: Output
  /// F_SETPIPE_SZ of linux/fcntl.h.
  private static let setSize: Int32 = 1031

  init() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    reading = Descriptor(owning: ends[0])
    output = Output(owning: Descriptor(owning: ends[1]), name: "a pipe")
    #expect(fcntl(ends[1], TestPipe.setSize, 4096) >= 4096)
  }

  /// Reads `count` bytes.
  func text(_ count: Int) -> String {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while bytes.count < count {
      let got = read(reading.number, &block, min(block.count, count - bytes.count))
      guard got > 0 else { break }
      bytes += block[..<got]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

@Suite("Output that nobody waits for")
struct OutputTests {
  @Test("What is given first is written first, whatever it goes to")
  func order() throws {
    let (one, other) = (try TestPipe(), try TestPipe())
    var queue = OutputQueue()
    for (index, output) in [one.output, other.output, one.output].enumerated() {
      let hasRoom = queue.add(.bytes([UInt8(index)]), for: output, isOptional: false)
      #expect(hasRoom)
    }
    var seen: [[UInt8]] = []
    while let (output, item, _) = queue.next {
      if case .bytes(let bytes) = item { seen.append(bytes) }
      queue.advance(output, by: 1)
    }
    #expect(seen == [[0], [1], [2]])
    #expect(queue.isEmpty)
  }

  @Test("An output that takes nothing holds no other up, and what it is given is bounded")
  func stalledReader() throws {
    let (stalled, read) = (try TestPipe(), try TestPipe())
    let writer = OutputWriter(limits: .init(optional: 10_000, all: 20_000))
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1000)
    var taken = 0
    for _ in 0..<100 { taken += writer.write(block, to: stalled.output, isOptional: true) ? 1 : 0 }
    // What the pipe itself takes, and what may wait.
    #expect((10...15).contains(taken))
    #expect(stalled.output.leftOut == 100 - taken)
    #expect(writer.write(block, to: stalled.output), "a report has room where intervals have none")
    for _ in 0..<100 { writer.write(block, to: stalled.output) }
    #expect(stalled.output.lost > 0)
    #expect(writer.write(Array("free".utf8), to: read.output))
    #expect(writer.finish([read.output], patience: 60))
    #expect(read.text(4) == "free")
    #expect(!writer.finish([stalled.output], patience: 0.01), "nobody reads it")
  }

  @Test("A reader who comes late gets everything in order, and is waited for as long as he goes on")
  func lateReader() throws {
    let late = try TestPipe()
    let writer = OutputWriter()
    let lines = (0..<2000).map { "line \($0)\n" }
    for line in lines { #expect(writer.write(Array(line.utf8), to: late.output, isOptional: true)) }
    #expect(late.text(lines.joined().utf8.count) == lines.joined())
    #expect(writer.finish([late.output], patience: nil))
  }

  @Test("The first failed write is told, and nothing is written after it")
  func failure() throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let told = Mutex(0)
    let output = Output(owning: Descriptor(owning: ends[1]), name: "a pipe") { _ in told.withLock { $0 += 1 } }
    let writer = OutputWriter()
    for _ in 0..<3 { writer.write([1], to: output) }
    #expect(writer.finish([output], patience: 60))
    #expect(output.failure?.errno == .brokenPipe)
    #expect(told.withLock { $0 } == 1)
  }

  @Test("What writes by itself is waited for as well")
  func operations() throws {
    let pipe = try TestPipe()
    let writer = OutputWriter()
    let done = Mutex(false)
    writer.perform(on: pipe.output) { done.withLock { $0 = true } }
    #expect(writer.finish(patience: 60))
    #expect(done.withLock { $0 })
  }
}

@Suite("Messages that peers can provoke")
struct MessageLimiterTests {
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test("Each kind has so many in so long; what is left out is counted, and the count said")
  func limit() {
    var limiter = MessageLimiter(most: 3, seconds: 10)
    let said = (1...5).flatMap { limiter.admit("flood \($0)", kind: "a", at: start) }
    #expect(said == ["flood 1", "flood 2", "flood 3", "more messages like the last one are left out for up to 10 s"])
    #expect(limiter.admit("other", kind: "b", at: start) == ["other"])
    #expect(
      limiter.admit("flood 6", kind: "a", at: start.adding(seconds: 11)) == [
        "2 more messages were left out; the last: flood 5", "flood 6",
      ])
    for count in 7...9 { _ = limiter.admit("flood \(count)", kind: "a", at: start.adding(seconds: 12)) }
    #expect(limiter.takeAccounts() == ["1 more message was left out; the last: flood 9"])
    #expect(limiter.takeAccounts().isEmpty)
  }

  @Test("Nothing is left out of what does not come often")
  func seldom() {
    var limiter = MessageLimiter(most: 2, seconds: 10)
    for count in 0..<100 {
      #expect(limiter.admit("m", kind: "a", at: start.adding(seconds: Double(count) * 10)).contains("m"))
    }
    #expect(limiter.takeAccounts().isEmpty)
  }
}
