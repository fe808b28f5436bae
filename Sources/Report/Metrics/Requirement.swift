import BoundedJSON

/// A gate on one run: `throughput>=90Gbps`.
public struct Requirement: Sendable {
  /// As it was written.
  public let text: String
  public let metric: Metric
  public let relation: Relation
  public let bound: Double

  /// - Throws: naming the metric, relation or unit that is not known, and those that are.
  public init(_ text: String) throws(ExpressionError) {
    guard let (name, relation, bound) = Relation.split(text) else {
      throw .noRelation(text, example: "throughput>=90Gbps")
    }
    guard let metric = Metric.named(name) else { throw .unknownMetric(name) }
    guard let value = metric.unit.parse(bound) else {
      throw ExpressionError(bound, "is no quantity of \(metric.name): write it as in \(metric.unit.example)")
    }
    self.text = text
    self.metric = metric
    self.relation = relation
    self.bound = value
  }

  /// What it says about a run: a figure that is not available is not met.
  ///
  /// - Parameter report: a `zcrx_bench` object.
  public func result(for report: JSONValue) -> RequirementResult {
    RequirementResult(requirement: self, reading: metric.reading(ofReport: report))
  }
}

/// A gate and the figure it was held against.
public struct RequirementResult: Sendable {
  public let requirement: Requirement
  public let reading: MetricReading

  public var isMet: Bool {
    guard let value = reading.value else { return false }
    return requirement.relation.holds(value, requirement.bound)
  }

  /// The figure, or why there is none.
  public var found: String {
    switch reading {
    case .value(let value): requirement.metric.text(value)
    case .unavailable(let reason): "not available: \(reason)"
    }
  }

  /// `met: throughput>=90Gbps (93.10 Gb/s)`.
  public var sentence: String { "\(isMet ? "met" : "NOT MET"): \(requirement.text) (\(found))" }
}
