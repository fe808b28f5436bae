import IperfProtocol
import Testing

@Suite("Quantities")
struct QuantityTests {
  @Test(
    "byte counts have suffixes of 1024, in either case, and fractions are rounded down",
    arguments: [
      ("0", 0), ("1", 1), ("1500", 1500), ("1k", 1 << 10), ("1K", 1 << 10), ("2m", 2 << 20), ("2M", 2 << 20),
      ("3g", 3 << 30), ("3G", 3 << 30), ("1t", 1 << 40), ("4T", 4 << 40), ("1.5K", 1536), ("0.5M", 1 << 19),
      ("0.1K", 102), (".5K", 512), ("5.K", 5120), ("1.9", 1), ("007", 7), ("0.001G", 1_073_741),
      ("9007199254740993", 9_007_199_254_740_993), ("18446744073709551615", UInt64.max),
      ("16777215.999T", 18_446_744_072_610_039_988),
      ("0.999999999999999999T", (1 << 40) - 1),
    ] as [(String, UInt64)])
  func bytes(text: String, expected: UInt64) throws {
    #expect(try ByteQuantity.parse(text) == expected)
  }

  @Test(
    "rates have suffixes of 1000, in either case",
    arguments: [
      ("0", 0), ("50M", 50_000_000), ("50m", 50_000_000), ("2.5G", 2_500_000_000), ("1k", 1000),
      ("1T", 1_000_000_000_000),
      ("4.35K", 4350), ("0.0001k", 0),
    ] as [(String, UInt64)])
  func rates(text: String, expected: UInt64) throws {
    #expect(try RateQuantity.parse(text) == RateQuantity(bitsPerSecond: expected, burst: nil))
  }

  @Test("a rate may name the blocks sent back to back")
  func bursts() throws {
    #expect(try RateQuantity.parse("1G/10") == RateQuantity(bitsPerSecond: 1_000_000_000, burst: 10))
    #expect(try RateQuantity.parse("0/1000").burst == 1000)
  }

  @Test(
    "what is no quantity is refused and told what to write",
    arguments: [
      "", " ", "K", ".", ".K", "-1", "+1", "1 K", " 1", "1KB", "1KiB", "1KK", "1P", "1e9", "0x10", "1.2.3", "1,5",
      "nan", "inf",
      "１", "1\0", "0.0000000000000000001",
    ])
  func junk(text: String) {
    let error = #expect(throws: QuantityError.self) { _ = try ByteQuantity.parse(text) }
    #expect(error?.description.hasSuffix("one of K, M, G, T, as in 128K or 1.5G") == true)
    #expect(throws: QuantityError.self) { _ = try RateQuantity.parse(text) }
  }

  @Test(
    "what does not fit in 64 bits is refused",
    arguments: ["18446744073709551616", "16777216T", "18446744073709551615.5K", "99999999999999999999999"])
  func overflow(text: String) {
    let error = #expect(throws: QuantityError.self) { _ = try ByteQuantity.parse(text) }
    #expect(error?.description.contains("too large") == true)
  }

  @Test("a burst out of range is refused", arguments: ["1G/", "1G/0", "1G/1001", "1G/-1", "1G/x", "1G/1/1", "/5"])
  func badBursts(text: String) {
    #expect(throws: QuantityError.self) { _ = try RateQuantity.parse(text) }
  }

  @Test("the message quotes what was written, in bounded length")
  func message() {
    let error = #expect(throws: QuantityError.self) { _ = try ByteQuantity.parse("10MB") }
    #expect(
      error?.description
        == "\"10MB\" is no quantity: write digits and, if wanted, one of K, M, G, T, as in 128K or 1.5G")
    let long = #expect(throws: QuantityError.self) { _ = try ByteQuantity.parse(String(repeating: "x", count: 10_000)) }
    #expect((long?.description.count ?? .max) < 200)
  }
}
