/// The rank-sum test of two independent samples (Wilcoxon, Mann and Whitney): does one hold the larger values?
///
/// Up to `exactValues` values the probability is exact, whatever the distribution of the values: under the hypothesis that both samples are the
/// same thing measured more often, every split of all values into two of these sizes is equally likely (ties included,
/// by counting).
public enum RankSumTest {
  /// Values of both samples together beyond which the sum of ranks is taken as normal; counting takes work that grows
  /// with the fourth power.
  public static let exactValues = 60

  /// The two-sided probability of samples at least as far apart as these. 1 where one is empty.
  public static func probability(_ first: [Double], _ second: [Double]) -> Double {
    guard !first.isEmpty, !second.isEmpty else { return 1 }
    let ranks = Ranks(first + second).doubled
    let total = ranks.reduce(0, +)
    let observed = ranks[..<first.count].reduce(0, +)
    guard ranks.count <= exactValues else {
      let mean = Double(total) / Double(ranks.count)
      let squares = ranks.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      let share = Double(first.count) * Double(second.count) / (Double(ranks.count) * Double(ranks.count - 1))
      return NormalTail.twoSided(distance: Double(observed) - mean * Double(first.count), variance: squares * share)
    }
    // ways[k][s]: subsets of k values whose ranks sum to s.
    var ways = Array(repeating: Array(repeating: 0.0, count: total + 1), count: first.count + 1)
    ways[0][0] = 1
    for (index, rank) in ranks.enumerated() {
      for count in stride(from: min(index + 1, first.count), through: 1, by: -1) {
        for sum in stride(from: total, through: rank, by: -1) { ways[count][sum] += ways[count - 1][sum - rank] }
      }
    }
    let all = ways[first.count].reduce(0, +)
    let below = ways[first.count][...observed].reduce(0, +)
    let above = ways[first.count][observed...].reduce(0, +)
    return min(1, 2 * min(below, above) / all)
  }
}
