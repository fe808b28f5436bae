import CKernelABI
import Testing

@testable import Uring

@Suite("The refill ring's memory")
struct RefillRegionTests {
  @Test(
    "Header, rounded entries and statistics fit, wherever within a page the kernel begins",
    arguments: [1, 2, 3, 255, 256, 257, 4096, 32767, 32768] as [UInt32])
  func layout(entries: UInt32) {
    let size = RefillRegion.size(entries: entries)
    let statistics = RefillRegion.statisticsOffset(size: size)
    var rounded = 1
    while rounded < Int(entries) { rounded *= 2 }
    #expect(size % 4096 == 0)
    #expect(statistics % 8 == 0)
    #expect(statistics + MemoryLayout<zb_zcrx_stats>.size <= size)
    for header in [64, 128, 4096] { #expect(header + rounded * 16 <= statistics) }
  }

  @Test("A number the kernel will refuse maps no gigabytes")
  func absurd() {
    #expect(RefillRegion.size(entries: UInt32.max) <= 2 << 20)
  }
}
