import Report
import SeededRandomness
import Testing

@testable import Benchmark

@Suite("Sizes of receives")
struct ReceiveSizesTests {
  private func distribution(of sizes: [UInt32]) -> DistributionReport? {
    var recorded = ReceiveSizes()
    for size in sizes { recorded.record(size) }
    return recorded.report
  }

  /// Without the histogram.
  private func summary(of sizes: [UInt32]) -> DistributionReport? {
    var report = distribution(of: sizes)
    report?.classes = nil
    return report
  }

  @Test("Nothing recorded is no distribution")
  func nothing() {
    #expect(distribution(of: []) == nil)
  }

  @Test("Small sizes are exact")
  func small() {
    let expected = DistributionReport(count: 511, minimum: 1, median: 256, percentile99: 506, maximum: 511)
    #expect(summary(of: Array(1...511)) == expected)
  }

  @Test(
    "Every size is told to a 256th and never below what it is, by a median of equal ones between two extremes",
    arguments: [
      512, 513, 1023, 1024, 1448, 4095, 4096, 65_535, 65_536, 524_288, 16_777_217, 2_147_479_552, .max,
    ] as [UInt32])
  func large(size: UInt32) throws {
    let report = try #require(distribution(of: [1, size, size, size, .max]))
    #expect(report.median >= UInt64(size))
    #expect(report.median - UInt64(size) <= UInt64(size) / 256)
    #expect((report.minimum, report.maximum) == (1, UInt64(UInt32.max)))
  }

  @Test("Alone, a large size is told exactly, because the extremes are")
  func alone() {
    let expected = DistributionReport(
      count: 1, minimum: 524_289, median: 524_289, percentile99: 524_289, maximum: 524_289)
    #expect(summary(of: [524_289]) == expected)
  }

  @Test("The histogram has every sample once, in the class that holds it")
  func histogram() throws {
    var generator = SplitMix64(seed: 8)
    let sizes = (0..<5000).map { _ in
      UInt32.random(in: 1...(.max >> UInt32.random(in: 0...31, using: &generator)), using: &generator)
    }
    let classes = try #require(distribution(of: sizes)?.classes)
    for one in classes {
      #expect(one.samples == UInt64(sizes.count { (one.atLeast...one.atMost).contains(UInt64($0)) }))
    }
    #expect(classes.reduce(0) { $0 + $1.samples } == 5000)
  }

  @Test("A sum has what both had, and copies are apart")
  func sum() {
    var first = ReceiveSizes()
    var second = ReceiveSizes()
    first.record(100)
    second.recording { recorder in
      recorder.record(7)
      recorder.record(300)
    }
    let before = first
    first.add(second)
    #expect(first.report == distribution(of: [7, 100, 300]))
    #expect(before.report == distribution(of: [100]))
    #expect(second.report == distribution(of: [7, 300]))
  }
}
