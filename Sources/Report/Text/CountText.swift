extension BinaryInteger {
  /// "1 rule", "2 rules".
  /// - Parameter many: nil for `one` with an s.
  public func counted(_ one: String, _ many: String? = nil) -> String {
    "\(self) \(self == 1 ? one : many ?? one + "s")"
  }
}
