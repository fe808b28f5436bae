/// Whether two things that were measured several times differ.
///
/// A difference is called where an exact rank test finds a probability of at most `level` and the interval of the ratio
/// does not hold 1. The level is 2.5 %, not 5 %: then 200 comparisons of a thing with itself call more than ten (5 %)
/// with a probability below 1 %, and one comparison in forty at most is wrong.
public enum Verdict: Sendable, Equatable {
  case higher
  case lower
  /// The measurements do not show one. It may be there all the same, and smaller than the noise.
  case noDifference
  /// No result of so few could show a difference at this level.
  case tooFew(needed: Int)

  public static let level = 0.025
  /// Pairs from which a difference can be shown: 2 / 2⁷ is below the level, 2 / 2⁶ is not.
  public static let neededPairs = 7
  /// Values on each side, likewise: 2 of 252 splits of ten; 2 of the 70 of eight are too many.
  public static let neededValues = 5

  /// Of paired values, both above 0: rounds in which each side ran once.
  public static func paired(_ pairs: [(base: Double, other: Double)]) -> Verdict {
    guard pairs.count >= neededPairs else { return .tooFew(needed: neededPairs) }
    guard pairs.allSatisfy({ $0.base > 0 && $0.other > 0 }) else { return unscaled(pairs) }
    // Ratios, not differences: a round that was slow for both weighs as much as another. x − 1/x orders ratios by their
    // size in either direction, as their logarithm does.
    let probability = SignedRankTest.probability(differences: pairs.map { $0.other / $0.base - $0.base / $0.other })
    return verdict(probability) { Bootstrap().medianRatio(pairs: pairs) }
  }

  /// Of two independent samples.
  public static func independent(base: [Double], other: [Double]) -> Verdict {
    guard base.count >= 2, other.count >= 2, smallestProbability(base.count, other.count) <= level else {
      return .tooFew(needed: neededValues)
    }
    let probability = RankSumTest.probability(base, other)
    guard probability <= level, let first = Quantile.median(base), let second = Quantile.median(other), first != second
    else { return .noDifference }
    // A base of 0 has no ratio: the ranks alone decide.
    guard first > 0 else { return second > first ? .higher : .lower }
    return verdict(probability) { Bootstrap().ratioOfMedians(base: base, other: other) }
  }

  /// Pairs with a 0 among them have no ratio: their differences are ranked.
  private static func unscaled(_ pairs: [(base: Double, other: Double)]) -> Verdict {
    let differences = pairs.map { $0.other - $0.base }
    guard SignedRankTest.probability(differences: differences) <= level, let median = Quantile.median(differences),
      median != 0
    else { return .noDifference }
    return median > 0 ? .higher : .lower
  }

  /// - Parameter ratio: asked for only where the ranks show a difference, because drawing takes its time.
  private static func verdict(_ probability: Double, ratio: () -> Estimate?) -> Verdict {
    guard probability <= level, let ratio = ratio(), let interval = ratio.interval, !interval.contains(1) else {
      return .noDifference
    }
    return ratio.median > 1 ? .higher : .lower
  }

  /// The probability of the most one-sided split of so many values: 2 / (n over k).
  private static func smallestProbability(_ first: Int, _ second: Int) -> Double {
    var splits = 1.0
    for step in 1...min(first, second) { splits *= Double(first + second - min(first, second) + step) / Double(step) }
    return 2 / splits
  }
}
