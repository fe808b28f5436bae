/// A summary of many samples.
public struct DistributionReport: Sendable, Equatable {
  public var count: UInt64
  public var minimum: UInt64
  public var median: UInt64
  public var percentile99: UInt64
  public var maximum: UInt64
  /// The histogram: those that have samples, ascending. Nil where only the summary is known.
  public var classes: [SampleClass]?

  public init(count: UInt64, minimum: UInt64, median: UInt64, percentile99: UInt64, maximum: UInt64) {
    self.count = count
    self.minimum = minimum
    self.median = median
    self.percentile99 = percentile99
    self.maximum = maximum
  }

  /// Counts samples into their class. Must be called with ascending samples.
  package mutating func include(_ count: UInt64, of sample: UInt64) {
    let range = SampleClass.range(holding: sample)
    var classes = classes ?? []
    if let last = classes.indices.last, classes[last].atLeast == range.lowerBound {
      classes[last].samples &+= count
    } else {
      classes.append(SampleClass(atLeast: range.lowerBound, atMost: range.upperBound, samples: count))
    }
    self.classes = classes
  }
}

/// One column of a histogram, its bounds included.
public struct SampleClass: Sendable, Equatable {
  public var atLeast: UInt64
  public var atMost: UInt64
  public var samples: UInt64

  public init(atLeast: UInt64, atMost: UInt64, samples: UInt64) {
    self.atLeast = atLeast
    self.atMost = atMost
    self.samples = samples
  }

  /// Four classes from each power of two to the next: 4096 to 5119, 5120 to 6143, …; below 8 each value is one.
  package static func range(holding sample: UInt64) -> ClosedRange<UInt64> {
    let shift = max(0, UInt64.bitWidth - sample.leadingZeroBitCount - 3)
    let lower = (sample >> UInt64(shift)) << UInt64(shift)
    return lower...(lower | (1 << UInt64(shift) &- 1))
  }
}
