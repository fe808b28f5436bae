/// How a figure must stand to a bound.
public enum Relation: String, Sendable, CaseIterable {
  // The longer ones first: `<=` is not `<` with something behind it.
  case atLeast = ">="
  case atMost = "<="
  case equal = "=="
  case different = "!="
  case above = ">"
  case below = "<"

  public func holds(_ value: Double, _ bound: Double) -> Bool {
    switch self {
    case .atLeast: value >= bound
    case .atMost: value <= bound
    case .equal: value == bound
    case .different: value != bound
    case .above: value > bound
    case .below: value < bound
    }
  }

  /// Splits `throughput>=90Gbps` at its relation; nil where there is none.
  static func split(_ text: String) -> (name: Substring, relation: Relation, bound: Substring)? {
    guard let start = text.firstIndex(where: { "<>=!".contains($0) }),
      let relation = allCases.first(where: { text[start...].hasPrefix($0.rawValue) })
    else { return nil }
    let bound = text[text.index(start, offsetBy: relation.rawValue.count)...]
    return (text[..<start].trimmed, relation, bound.trimmed)
  }
}

extension Substring {
  /// Without spaces at either end.
  fileprivate var trimmed: Substring {
    let start = firstIndex { $0 != " " } ?? endIndex
    let end = lastIndex { $0 != " " }.map { index(after: $0) } ?? endIndex
    return start < end ? self[start..<end] : self[endIndex...]
  }
}
