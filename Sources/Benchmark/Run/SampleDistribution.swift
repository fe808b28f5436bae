import Histogram
import Report

/// Samples as an HdrHistogram, with the extremes kept exactly: the histogram knows them to two digits only.
package struct SampleDistribution: Sendable {
  private var histogram: Histogram<UInt64>
  private var minimum = UInt64.max
  private var maximum: UInt64 = 0

  /// - Parameter highest: larger samples are kept as the maximum and in no percentile.
  init(highest: UInt64) {
    histogram = Histogram<UInt64>(
      lowestDiscernibleValue: 1, highestTrackableValue: max(highest, 2), numberOfSignificantValueDigits: .two)
  }

  mutating func record(_ value: UInt64) {
    histogram.record(value)
    if value < minimum { minimum = value }
    if value > maximum { maximum = value }
  }

  mutating func add(_ other: SampleDistribution) {
    histogram.add(other.histogram)
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }

  /// Nil without samples. Percentiles are good to two digits and never outside the extremes.
  var report: DistributionReport? {
    guard histogram.totalCount > 0 else { return nil }
    let percentile = { (rank: Double) in min(max(UInt64(histogram.valueAtPercentile(rank)), minimum), maximum) }
    return DistributionReport(
      count: UInt64(histogram.totalCount), minimum: minimum, median: percentile(50), percentile99: percentile(99),
      maximum: maximum)
  }
}
