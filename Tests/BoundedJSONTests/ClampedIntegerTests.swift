import BoundedJSON
import Testing

@Suite("Doubles brought into an integer's range")
struct ClampedIntegerTests {
  @Test("What does not fit becomes the nearest that does, and what is no number 0")
  func outside() {
    for huge in [1.7976931348623157e308, .infinity, 0x1p64, 0x1p63] {
      #expect(Int64(clamping: huge) == .max)
      #expect(Int64(clamping: -huge) == .min)
      #expect(UInt8(clamping: huge) == .max)
      #expect(UInt64(clamping: -huge) == 0)
    }
    #expect(UInt64(clamping: 0x1p64) == .max)
    #expect(UInt64(clamping: 0x1p63) == 1 << 63)
    #expect(Int(clamping: Double.nan) == 0)
    #expect(Int(clamping: -0.5) == 0)
    #expect(UInt64(clamping: -0.5) == 0)
  }

  @Test("What fits is cut to a whole number, at both ends too")
  func inside() {
    #expect(Int(clamping: 41.9) == 41)
    #expect(Int(clamping: -41.9) == -41)
    #expect(Int64(clamping: Double(Int64.max).nextDown) == 9_223_372_036_854_774_784)
    #expect(UInt64(clamping: 0x1p64.nextDown) == 18_446_744_073_709_549_568)
    #expect(UInt8(clamping: 254.999) == 254)
  }
}
