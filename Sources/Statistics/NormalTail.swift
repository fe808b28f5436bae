import Glibc

/// The normal distribution's tails.
enum NormalTail {
  /// The probability of being at least this far from the mean on either side; 1 where nothing varies.
  static func twoSided(distance: Double, variance: Double) -> Double {
    guard variance > 0 else { return 1 }
    return erfc((distance * distance / variance / 2).squareRoot())
  }
}
