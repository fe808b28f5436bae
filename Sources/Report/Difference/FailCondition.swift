import BoundedJSON

/// A gate on a difference: `throughput<-3%`, a change in parts of base; `retransmits>100`, one in the metric's own unit.
///
/// It is met where the change of the medians is so, unless enough runs were made to tell it from noise and they did not:
/// with few runs on either side a bare figure is all there is, and it is taken as it stands.
public struct FailCondition: Sendable {
  enum Bound: Sendable {
    /// A part of base.
    case relative(Double)
    /// In the metric's unit.
    case absolute(Double)
  }

  /// As it was written.
  public let text: String
  public let metric: Metric
  let relation: Relation
  let bound: Bound

  public init(_ text: String) throws(ExpressionError) {
    guard let (name, relation, bound) = Relation.split(text) else {
      throw .noRelation(text, example: "throughput<-3%")
    }
    guard let metric = Metric.named(name) else { throw .unknownMetric(name) }
    guard metric.names == nil else {
      throw ExpressionError(
        name, "is a name, and no change of it has a size: hold each run against it with --require '\(name)==…'")
    }
    guard metric.preference != .none else {
      throw ExpressionError(name, "is neither better nor worse for being more: no change of it is a regression")
    }
    guard relation != .equal, relation != .different else {
      throw ExpressionError(text, "asks for an exact change: write < <= > or >=")
    }
    self.text = text
    self.metric = metric
    self.relation = relation
    self.bound = try Self.bound(bound, of: metric)
  }

  private static func bound(_ text: Substring, of metric: Metric) throws(ExpressionError) -> Bound {
    let isNegative = text.hasPrefix("-")
    let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
    let sign: Double = isNegative ? -1 : 1
    if digits.hasSuffix("%"), let share = MetricUnit.share.parse(digits) { return .relative(sign * share) }
    if metric.unit == .share, digits.hasSuffix("pp"), let points = MetricUnit.share.parse(digits.dropLast(2) + "%") {
      return .absolute(sign * points)
    }
    if metric.unit != .share, let value = metric.unit.parse(digits) { return .absolute(sign * value) }
    let own = metric.unit == .share ? "5pp (points of a percentage)" : metric.unit.example
    throw ExpressionError(text, "is no change of \(metric.name): write percent of base, as in -3%, or \(own)")
  }

  /// One result for each thing that was compared; one that could not be judged where nothing tells the metric.
  public func results(for difference: Difference) -> [FailConditionResult] {
    let results = difference.subjects.map { subject in
      FailConditionResult(
        condition: self, subject: subject.label,
        difference: subject.metrics.first { $0.metric.name == metric.name },
        incomparable: subject.incomparable.first { $0.metrics.contains(metric.name) })
    }
    return results.isEmpty ? [FailConditionResult(condition: self, subject: "nothing", difference: nil)] : results
  }
}

/// A gate and the change it was held against.
public struct FailConditionResult: Sendable {
  public let condition: FailCondition
  public let subject: String
  /// Nil where one side does not tell the metric, or tells it of the other side of the connection.
  public let difference: MetricDifference?
  /// Why it was not compared although both sides tell it; nil where it was, or one side does not.
  public let incomparable: IncomparableMetrics?

  init(
    condition: FailCondition, subject: String, difference: MetricDifference?, incomparable: IncomparableMetrics? = nil
  ) {
    self.condition = condition
    self.subject = subject
    self.difference = difference
    self.incomparable = incomparable
  }

  /// Whether the gate fails: the change is as it describes, or cannot be told at all.
  public var fails: Bool {
    guard let difference, let isSo = isAsDescribed(difference) else { return true }
    return isSo && difference.verdict != .noDifference
  }

  /// `FAILED: throughput<-3% (epoll: -4.2 %, lower: worse)`.
  public var sentence: String {
    let found: String =
      if let difference, isAsDescribed(difference) != nil {
        "\(difference.changeText), \(difference.verdictText)"
      } else if difference != nil {
        "base is 0, so that no change of it has a percentage"
      } else {
        incomparable?.reason ?? "not available on both sides"
      }
    return "\(fails ? "FAILED" : "passed"): \(condition.text) (\(subject): \(found))"
  }

  /// Whether the medians changed so; nil where the change has no percentage.
  private func isAsDescribed(_ difference: MetricDifference) -> Bool? {
    switch condition.bound {
    case .relative(let bound):
      // From 0 to 0 is no change.
      if difference.ratio == nil, difference.base.median == difference.new.median {
        return condition.relation.holds(0, bound)
      }
      return difference.change.map { condition.relation.holds($0, bound) }
    case .absolute(let bound):
      return condition.relation.holds(difference.new.median - difference.base.median, bound)
    }
  }
}
