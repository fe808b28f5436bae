/// Wilcoxon's signed-rank test of paired values: are the pairs' differences as often and as far up as down?
///
/// Up to `exactPairs` pairs the probability is exact, whatever the distribution of the values: under the hypothesis that both sides of a pair are
/// the same thing measured twice, each difference is as likely to have the other sign (ties included, by counting).
public enum SignedRankTest {
  /// Beyond this the sum of ranks is taken as normal; counting takes work that grows with the third power.
  public static let exactPairs = 200

  /// The two-sided probability of differences at least as one-sided as these; pairs without a difference count for
  /// nothing. 1 where nothing differs.
  public static func probability(differences: [Double]) -> Double {
    let differences = differences.filter { $0 != 0 }
    guard !differences.isEmpty else { return 1 }
    let ranks = Ranks(differences.map(\.magnitude)).doubled
    let total = ranks.reduce(0, +)
    let positive = zip(differences, ranks).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
    guard differences.count <= exactPairs else {
      let variance = ranks.reduce(0.0) { $0 + Double($1) * Double($1) } / 4
      return NormalTail.twoSided(distance: Double(positive) - Double(total) / 2, variance: variance)
    }
    // Probability of each sum of the ranks with a positive sign, one difference after the other.
    var probabilities = Array(repeating: 0.0, count: total + 1)
    probabilities[0] = 1
    var reached = 0
    for rank in ranks {
      reached += rank
      for sum in stride(from: reached, through: 0, by: -1) {
        probabilities[sum] = 0.5 * probabilities[sum] + (sum >= rank ? 0.5 * probabilities[sum - rank] : 0)
      }
    }
    let extreme = min(positive, total - positive)
    return min(1, 2 * probabilities[...extreme].reduce(0, +))
  }
}
