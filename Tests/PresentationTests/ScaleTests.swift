import Testing

@testable import Presentation

@Suite("Axes")
struct ScaleTests {
  @Test(
    "Whatever a file holds, an axis has an end and a few ticks within it",
    arguments: [
      .greatestFiniteMagnitude, 1e308, 1.2e308, 1e300, 1, 7, 1e-300, .leastNonzeroMagnitude, 0, -1, .infinity, .nan,
    ] as [Double])
  func extremes(maximum: Double) {
    let scale = Scale(upTo: maximum)
    #expect(scale.upper.isFinite && scale.upper > 0 && scale.step > 0)
    if maximum.isFinite { #expect(scale.upper >= maximum) }
    #expect(scale.ticks.count >= 2 && scale.ticks.count <= 7)
    #expect(scale.ticks.allSatisfy { $0.isFinite && $0 >= 0 })
    #expect(scale.ticks == scale.ticks.sorted())
  }
}
