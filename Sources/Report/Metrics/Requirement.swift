import BoundedJSON

/// A gate on one run: `throughput>=90Gbps`, `mode==zc`.
public struct Requirement: Sendable {
  /// What the figure is held against.
  enum Bound: Sendable {
    case quantity(Double)
    case name(String)
  }

  /// As it was written.
  public let text: String
  public let metric: Metric
  public let relation: Relation
  let bound: Bound

  /// - Throws: naming the metric, relation or unit that is not known, and those that are.
  public init(_ text: String) throws(ExpressionError) {
    guard let (name, relation, bound) = Relation.split(text) else {
      throw .noRelation(text, example: "throughput>=90Gbps")
    }
    guard let metric = Metric.named(name) else { throw .unknownMetric(name) }
    self.text = text
    self.metric = metric
    self.relation = relation
    self.bound = try Self.bound(bound, of: metric, relation, in: text)
  }

  private static func bound(
    _ bound: Substring, of metric: Metric, _ relation: Relation, in text: String
  ) throws(ExpressionError) -> Bound {
    guard let names = metric.names else {
      guard let value = metric.unit.parse(bound) else {
        throw ExpressionError(bound, "is no quantity of \(metric.name): write it as in \(metric.unit.example)")
      }
      return .quantity(value)
    }
    guard relation == .equal || relation == .different else {
      throw ExpressionError(text, "puts names in an order: \(metric.name) takes == and !=")
    }
    guard names.contains(String(bound)) else {
      throw ExpressionError(bound, "is no \(metric.name): there are \(names.joined(separator: ", "))")
    }
    return .name(String(bound))
  }

  /// What it says about a run: a figure that is not available is not met.
  ///
  /// - Parameter report: a `zcrx_bench` object.
  public func result(for report: JSONValue) -> RequirementResult {
    RequirementResult(
      requirement: self, reading: metric.reading(ofReport: report),
      remark: metric.isOfCopies ? Self.remark(report) : nil)
  }
}

extension Requirement {
  /// Why a figure of copies is a bound and no point; nil where it is one.
  private static func remark(_ report: JSONValue) -> String? {
    guard let least = report.number("copy_account.zero_copied.at_least"),
      let most = report.number("copy_account.zero_copied.at_most"), least < most
    else { return nil }
    let reason = report.at("zero_copy.tracing.problem")?.string ?? "nothing counted the copies (--no-trace)"
    return "a bound, \(reason); --area dmabuf proves too"
  }
}

/// A gate and the figure it was held against.
public struct RequirementResult: Sendable {
  public let requirement: Requirement
  public let reading: MetricReading
  /// What kind of figure it is, where a reader of a gate that was not met should know.
  var remark: String?

  public var isMet: Bool {
    switch (reading, requirement.bound) {
    case (.value(let value), .quantity(let bound)): requirement.relation.holds(value, bound)
    case (.name(let name), .name(let bound)): (name == bound) == (requirement.relation == .equal)
    default: false
    }
  }

  /// The figure, or why there is none.
  public var found: String {
    switch reading {
    case .unavailable(let reason): "not available: \(reason)"
    case .value, .name:
      (requirement.metric.text(reading) ?? "") + (isMet ? "" : remark.map { "; \($0)" } ?? "")
    }
  }

  /// `met: throughput>=90Gbps (93.10 Gb/s)`.
  public var sentence: String { "\(isMet ? "met" : "NOT MET"): \(requirement.text) (\(found))" }
}
