import Report
import SeededRandomness
import Testing

@testable import Benchmark

@Suite("Sizes of completions")
struct ZeroCopyCompletionSizesTests {
  @Test("Percentiles are those of the sorted sizes", arguments: [1, 2, 3, 99, 100, 101, 1000])
  func percentiles(count: Int) throws {
    var generator = SplitMix64(seed: UInt64(count))
    for spread in [1, 40, CompletionSizes.largest] {
      let sizes = CompletionSizes()
      let values = (0..<count).map { _ in Int.random(in: 1...spread, using: &generator) }
      for value in values { sizes.counts[value] += 1 }
      let sorted = values.sorted().map { UInt64($0) }
      let report = sizes.report
      var summary = try #require(report)
      let classes = summary.classes ?? []
      #expect(classes.reduce(0) { $0 + $1.samples } == count)
      for one in classes {
        #expect(one.samples == UInt64(values.count { (one.atLeast...one.atMost).contains(UInt64($0)) }))
      }
      summary.classes = nil
      #expect(
        summary
          == DistributionReport(
            count: UInt64(count), minimum: sorted[0], median: sorted[(count + 1) / 2 - 1],
            percentile99: sorted[count - count / 100 - 1], maximum: sorted[count - 1]))
      let limit = spread / 2
      #expect(sizes.count(below: limit) == UInt64(values.filter { $0 < limit }.count))
    }
  }

  @Test("The class of those that are counted as the largest reaches as far as a buffer can")
  func largest() throws {
    let sizes = CompletionSizes()
    sizes.counts[5] = 1
    sizes.counts[CompletionSizes.largest] = 3
    let classes = sizes.report?.classes
    #expect(
      classes == [
        SampleClass(atLeast: 5, atMost: 5, samples: 1), SampleClass(atLeast: 65_536, atMost: 1_048_576, samples: 3),
      ])
  }

  @Test("Nothing counted is no distribution")
  func empty() {
    let sizes = CompletionSizes()
    #expect(sizes.report == nil)
    sizes.counts[5] = 1
    sizes.reset()
    #expect(sizes.report == nil)
  }
}
