import BoundedJSON

/// A gate that cannot be understood: what was written, what is wrong with it, and what may be written instead.
public struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  init(_ text: some StringProtocol, _ problem: String) {
    description = "\(Excerpt(text)) \(problem)"
  }

  static func noRelation(_ text: String, example: String) -> ExpressionError {
    let relations = Relation.allCases.map(\.rawValue).joined(separator: " ")
    return ExpressionError(
      text, "has no relation: write a metric, one of \(relations), and a quantity, as in \(example)")
  }

  static func unknownMetric(_ name: some StringProtocol) -> ExpressionError {
    ExpressionError(name, "is no metric: there are \(Metric.all.map(\.name).joined(separator: ", "))")
  }
}
