import Testing

@testable import Report

@Suite("Numbers as text")
struct NumberTextTests {
  @Test(
    "Decimals are rounded to nearest and padded with zeros",
    arguments: [
      (0.0, 2, "0.00"), (7.789, 2, "7.79"), (1.996, 2, "2.00"), (0.005001, 2, "0.01"), (-0.001, 2, "0.00"),
      (-1.5, 1, "-1.5"), (1_025_219_375.4, 0, "1025219375"), (12.05, 3, "12.050"), (.infinity, 1, "unknown"),
      (.nan, 0, "unknown"), (1e30, 2, "1e+30"),
    ])
  func decimals(value: Double, decimals: Int, text: String) {
    #expect(value.text(decimals: decimals) == text)
  }

  @Test(
    "Bytes scale by 1024 and keep four columns, as iperf3's do",
    arguments: [
      (UInt64(0), "0.00 Bytes"), (1000, "1000 Bytes"), (1023, "1023 Bytes"), (1024, "1.00 KBytes"),
      (655_360, " 640 KBytes"), (1_632_087_572, "1.52 GBytes"), (10_725_883_904, "9.99 GBytes"),
      (10_733_000_000, "10.0 GBytes"), (.max, "16777216 TBytes"),
    ])
  func bytes(count: UInt64, text: String) {
    #expect(ScaledQuantity.bytes(count) == text)
  }

  @Test(
    "Rates scale by 1000",
    arguments: [
      (0.0, "0.00 bits/sec"), (999.4, " 999 bits/sec"), (1000, "1.00 Kbits/sec"), (99_960_000, " 100 Mbits/sec"),
      (13.1e9, "13.1 Gbits/sec"), (1.6e12, "1.60 Tbits/sec"),
    ])
  func rates(bitsPerSecond: Double, text: String) {
    #expect(ScaledQuantity.bitRate(bitsPerSecond) == text)
  }
}
