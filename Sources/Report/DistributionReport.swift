/// A summary of many samples (HdrHistogram, two significant digits).
public struct DistributionReport: Sendable, Equatable {
  public var count: UInt64
  public var minimum: UInt64
  public var median: UInt64
  public var percentile99: UInt64
  public var maximum: UInt64

  public init(count: UInt64, minimum: UInt64, median: UInt64, percentile99: UInt64, maximum: UInt64) {
    self.count = count
    self.minimum = minimum
    self.median = median
    self.percentile99 = percentile99
    self.maximum = maximum
  }
}
