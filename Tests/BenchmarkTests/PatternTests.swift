import Testing

@testable import Benchmark

@Suite("The verification pattern")
struct PatternTests {
  private let pattern = Pattern()

  /// splitmix64 of 0, 1, 2, 3 in little-endian order, computed by hand-written Python, and of the period's last word.
  private let first: [UInt8] = [
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xAF, 0xCD, 0x1D, 0x7B, 0x39, 0xA8, 0x20, 0xE2,
    0xF4, 0x65, 0xB9, 0xA1, 0x6A, 0x9E, 0x78, 0x6E, 0x4F, 0x45, 0x09, 0x80, 0x18, 0x5D, 0xC4, 0x06,
  ]
  private let last: [UInt8] = [0x9F, 0x8C, 0x6E, 0x21, 0x15, 0xD1, 0x33, 0xDC]

  @Test("Its bytes are those of the documentation, at the beginning and at the end of the period")
  func constants() {
    #expect(Pattern.period == 1_048_576)
    #expect(pattern.bytes(at: 0, count: 32) == first)
    #expect(pattern.bytes(at: UInt64(Pattern.period) - 8, count: 16) == last + first.prefix(8))
  }

  @Test("It repeats after its period, as far out as a stream can get")
  func repeats() {
    for offset in [0, 5, 1_048_570, 1 << 40, .max - 1_048_575] as [UInt64] {
      let wrapped = offset % UInt64(Pattern.period)
      #expect(pattern.bytes(at: offset, count: 20) == pattern.bytes(at: wrapped, count: 20))
    }
  }

  @Test("The longest piece from the last byte of the period is contiguous and right")
  func longestPiece() {
    let piece = pattern.bytes(at: UInt64(Pattern.period - 1), count: Pattern.longestPiece)
    #expect(piece.first == last.last)
    #expect(piece.dropFirst().elementsEqual(pattern.bytes(at: 0, count: Pattern.longestPiece - 1)))
  }

  @Test("A displaced stream differs: no shift by a segment or a page gives the same bytes")
  func shiftsDiffer() {
    let here = pattern.bytes(at: 0, count: 64)
    for shift in [1, 8, 536, 1448, 4096, 65_483, 524_288] as [UInt64] {
      #expect(pattern.bytes(at: shift, count: 64) != here)
    }
  }
}

@Suite("The verifier")
struct VerifierTests {
  private let pattern = Pattern()

  private func firstWrong(length: Int, at offset: UInt64, flipping places: [Int]) throws -> UInt64? {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var bytes: [UInt8] = []
    while bytes.count < length {
      let count = min(length - bytes.count, Pattern.longestPiece)
      bytes += pattern.bytes(at: offset + UInt64(bytes.count), count: count)
    }
    for place in places { bytes[place] ^= 1 }
    var verifier = Verifier(pattern)
    bytes.withUnsafeBytes { verifier.check($0, at: offset, flow.counters) }
    #expect(flow.checkedBytes == UInt64(length))
    return flow.firstWrongOffset
  }

  @Test("Right bytes are right, at any offset and over several pieces")
  func right() throws {
    for offset in [0, 1, 1_048_575, 3_000_000_001] as [UInt64] {
      #expect(try firstWrong(length: 2_500_000, at: offset, flipping: []) == nil)
    }
  }

  @Test("The first wrong byte is named, on either side of every boundary between pieces")
  func boundaries() throws {
    let length = 2 * Pattern.longestPiece + 10
    for place in [0, 1, 1_048_575, 1_048_576, 2_097_151, 2_097_152, length - 1] {
      #expect(try firstWrong(length: length, at: 0, flipping: [place]) == UInt64(place))
      #expect(try firstWrong(length: length, at: 5_000_000_000, flipping: [place]) == 5_000_000_000 + UInt64(place))
    }
  }

  @Test("Of several wrong bytes the first is named, and later calls do not move it")
  func firstOfSeveral() throws {
    #expect(try firstWrong(length: 5000, at: 70, flipping: [4000, 17, 300]) == 87)
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var verifier = Verifier(pattern)
    for offset in [10, 0] as [UInt64] {
      [0xEE, 0xEE].withUnsafeBytes { verifier.check($0, at: offset, flow.counters) }
    }
    #expect(flow.firstWrongOffset == 10)
    #expect(flow.checkedBytes == 16)
  }

  @Test("Bytes that were given up are part of the stream: what comes behind them is compared with what was sent there")
  func behindGivenUpBytes() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var verifier = Verifier(pattern)
    func take(_ bytes: [UInt8], at offset: UInt64) {
      bytes.withUnsafeBytes { verifier.check($0, at: offset, flow.counters) }
    }
    take(pattern.bytes(at: 0, count: 100), at: 0)
    flow.counters.pointee.lost.wrappingAdd(37, ordering: .relaxed)
    take(pattern.bytes(at: 137, count: 1000), at: 100)
    #expect(flow.firstWrongOffset == nil)
    take(pattern.bytes(at: 1100, count: 10), at: 1100)
    #expect(flow.firstWrongOffset == 1137, "where the sender has it")
  }

  @Test("Comparing costs time, and it is told")
  func cost() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var verifier = Verifier(pattern)
    for _ in 0..<10 { pattern.withPiece(at: 0, count: 1 << 20) { verifier.check($0, at: 0, flow.counters) } }
    #expect(flow.checkedBytes == 10 << 20)
    #expect(verifier.nanoseconds > 10_000)
  }
}
