extension FixedWidthInteger {
  /// The integer nearest to `value` that the type can hold, which has no fraction left then; 0 where it is no number.
  ///
  /// For numbers from a file or a peer: `Int(value)` ends the process where the value does not fit.
  package init(clamping value: Double) {
    // Both ends are powers of two or 0 as Doubles: what is not below the upper one does not fit.
    if value.isNaN {
      self = 0
    } else if value >= Double(Self.max) {
      self = .max
    } else if value <= Double(Self.min) {
      self = .min
    } else {
      self.init(value)
    }
  }
}
