import Statistics
import Testing

@Suite("Order statistics")
struct QuantileTests {
  @Test("Nothing has no median, and one value is its own")
  func few() {
    #expect(Quantile.median([]) == nil)
    #expect(Quantile.median([3]) == 3)
    #expect(Quantile.median([4, 1, 2, 3]) == 2.5)
    #expect(Quantile.of(sorted: [], share: 0.5) == nil)
  }

  @Test("Between two values a quantile lies on the line that joins them")
  func linear() {
    let values = [1.0, 2, 4, 8, 16]
    #expect(Quantile.of(sorted: values, share: 0) == 1)
    #expect(Quantile.of(sorted: values, share: 1) == 16)
    #expect(Quantile.of(sorted: values, share: 0.375) == 3)
    #expect(Quantile.of(sorted: values, share: 2) == 16)
  }
}
