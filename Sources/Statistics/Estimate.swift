/// A median, and how far it may be off.
public struct Estimate: Sendable, Equatable {
  public var median: Double
  /// 95 % interval; nil of a single value, which says nothing about its own spread.
  public var interval: ConfidenceInterval?
  /// How many values it rests on, at least 1.
  public var count: Int

  public init(median: Double, interval: ConfidenceInterval?, count: Int) {
    self.median = median
    self.interval = interval
    self.count = count
  }
}

public struct ConfidenceInterval: Sendable, Equatable {
  public var lower: Double
  public var upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}
