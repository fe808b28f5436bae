import Report
import Testing

@testable import Benchmark

@Suite("Sizes of a zero-copy queue")
struct ZeroCopySizingTests {
  private static let granule = 2 << 20

  @Test(
    "What sockets, receive ring and page pool hold at once fits the area, and every buffer of it both rings",
    arguments: [4096, 16_384, 65_536], [131_072, 6 << 20, 32 << 20])
  func ordinaryRun(bufferBytes: Int, socketBuffer: Int) {
    for receiveRing in [0, 512, 8192] {
      let sizing = ZeroCopySizing(bufferBytes: bufferBytes, socketBuffer: socketBuffer, receiveRing: receiveRing)
      let fed = 16 * socketBuffer + (receiveRing + 128) * bufferBytes
      #expect(sizing.areaBytes >= min(fed + fed / 4, 1 << 30))
      #expect(sizing.areaBytes <= 1 << 30)
      #expect(sizing.areaBytes % Self.granule == 0)
      #expect(sizing.areaBytes < fed + fed / 4 + Self.granule, "no more than needed")
      let buffers = sizing.areaBytes / bufferBytes
      #expect(Int(sizing.refillEntries) >= min(buffers, 32_768))
      #expect(Int(sizing.completionEntries) >= min(buffers, 65_536))
      #expect(sizing.refillEntries.nonzeroBitCount == 1 && sizing.completionEntries.nonzeroBitCount == 1)
      #expect(sizing.refillEntries <= 32_768 && sizing.completionEntries <= 65_536)
    }
  }

  @Test("What is asked for is taken as it is, and the rest computed for it")
  func asked() {
    let sizing = ZeroCopySizing(
      bufferBytes: 4096, socketBuffer: 6 << 20, receiveRing: 1024, area: 1 << 20, refill: 3, completions: 16)
    #expect((sizing.areaBytes, sizing.refillEntries, sizing.completionEntries) == (1 << 20, 3, 16))
    let small = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 6 << 20, receiveRing: 1024, area: 1 << 20)
    #expect((small.refillEntries, small.completionEntries) == (256, 256))
    let tiny = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 6 << 20, receiveRing: 0, area: 4096)
    #expect((tiny.refillEntries, tiny.completionEntries) == (1, 64))
  }

  @Test(
    "An area that ring and page pool may hold all of is warned about, with the size that leaves some",
    arguments: [
      (4096, 256, 401 * 4096, nil), (4096, 256, 401 * 4096 - 4096, "1604K"), (65_536, 256, 16 << 20, "25664K"),
      (65_536, 256, 20 << 20, "25664K"), (65_536, 256, 64 << 20, nil),
    ] as [(UInt64, Int, UInt64, String?)])
  func warning(bufferBytes: UInt64, receiveRing: Int, areaBytes: UInt64, least: String?) {
    let memory = ZeroCopyMemoryReport(
      area: .pages, areaBytes: areaBytes, bufferBytes: bufferBytes, refillEntries: 1, completionEntries: 1)
    let warning = ZeroCopyTeam.warning(3, memory, receiveRing: receiveRing)
    #expect((warning == nil) == (least == nil))
    if let warning, let least {
      #expect(warning.hasPrefix("queue 3: the area has \(areaBytes / bufferBytes) buffers, of which the ring (256)"))
      #expect(warning.contains("--area-size \(least) "))
    }
    // The size it asks for is enough.
    let enough = UInt64(ZeroCopySizing.least(bufferBytes: Int(bufferBytes), receiveRing: receiveRing))
    #expect(
      ZeroCopyTeam.warning(
        3,
        ZeroCopyMemoryReport(
          area: .pages, areaBytes: enough, bufferBytes: bufferBytes, refillEntries: 1, completionEntries: 1),
        receiveRing: receiveRing) == nil)
  }

  @Test("Buffers that are no power of two are rounded up to one, which the kernel does too")
  func rounding() {
    let sizing = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 0, receiveRing: 0, area: 300 * 4096)
    #expect((sizing.refillEntries, sizing.completionEntries) == (512, 512))
    let huge = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 0, receiveRing: 0, area: 1 << 50)
    #expect((huge.refillEntries, huge.completionEntries) == (32_768, 65_536))
  }

  @Test("On a mixed ring every buffer's completion has two entries")
  func mixed() {
    let sizing = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 0, receiveRing: 0, mixed: true, area: 1 << 20)
    #expect((sizing.refillEntries, sizing.completionEntries) == (256, 512))
    let huge = ZeroCopySizing(bufferBytes: 4096, socketBuffer: 0, receiveRing: 0, mixed: true, area: 1 << 50)
    #expect(huge.completionEntries == 65_536)
  }

  @Test("The third number of tcp_rmem counts, and nothing else is taken for it")
  func receiveMemory() {
    #expect(TCPReceiveMemory.parse("4096\t131072\t6291456\n") == 6_291_456)
    for text in ["", "4096 131072", "1 2 3 4", "1 2 x", "4096 131072 99999999999999999999"] {
      #expect(TCPReceiveMemory.parse(text) == nil)
    }
    #expect((TCPReceiveMemory.largest ?? 0) >= 4096)
  }

  @Test("Longest buffers are tried from the longest on, down to the kernel's own choice")
  func bufferLengths() {
    #expect(BufferLengthSearch(.standard).lengths == [0])
    #expect(BufferLengthSearch(.bytes(16_384)).lengths.first == 16_384)
    let longest = BufferLengthSearch(.longest).lengths
    #expect(longest.first == 1 << 20)
    #expect(longest.last == 0)
    #expect(zip(longest, longest.dropFirst()).allSatisfy { $0 > $1 })
    #expect(longest.contains(8192))
  }
}
