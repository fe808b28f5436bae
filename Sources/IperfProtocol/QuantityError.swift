import BoundedJSON

/// A quantity on the command line that cannot be used.
public struct QuantityError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was written, what is wrong with it, and what may be written instead.
  public let description: String

  init(_ text: some StringProtocol, _ problem: String) {
    description = "\(Excerpt(text)) \(problem)"
  }
}
