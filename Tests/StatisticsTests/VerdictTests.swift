import Glibc
import Statistics
import Testing

@Suite("Verdicts")
struct VerdictTests {
  /// Noise of very different kinds, none of which a test was made for.
  enum Noise: String, CaseIterable {
    case uniform
    case normal
    case heavyTails
    /// One run in four is a third slower, as with a CPU that throttles.
    case twoLevels
    /// Figures as coarse as a report that shows two digits.
    case coarse
    /// Each round has its own level, common to both.
    case driftingRounds

    func value(round: Int, using generator: inout SplitMix64) -> Double {
      let u = Double.random(in: 0..<1, using: &generator)
      let v = Double.random(in: 0..<1, using: &generator)
      let normal = (-2 * log(1 - u)).squareRoot() * cos(2 * .pi * v)
      return switch self {
      case .uniform: 9 + u
      case .normal: 10 + 0.2 * normal
      case .heavyTails: max(0.01, 10 + 0.05 * tan(.pi * (u - 0.5)))
      case .twoLevels: (v < 0.25 ? 6.6 : 10) + 0.1 * u
      case .coarse: ((10 + 0.2 * normal) * 10).rounded() / 10
      case .driftingRounds: Double(5 + round) * (1 + 0.02 * normal)
      }
    }
  }

  @Test("Of 200 comparisons of a thing with itself at most 5 % call a difference", arguments: Noise.allCases)
  func calibrated(noise: Noise) {
    for rounds in [7, 8, 10] {
      var generator = SplitMix64(seed: UInt64(rounds))
      let called = (0..<200).count { _ in
        let pairs = (0..<rounds).map { round in
          (base: noise.value(round: round, using: &generator), other: noise.value(round: round, using: &generator))
        }
        return Self.isCalled(Verdict.paired(pairs))
      }
      #expect(called <= 10, "\(rounds) rounds")
    }
    for (first, second) in [(5, 5), (5, 8), (8, 8)] {
      var generator = SplitMix64(seed: UInt64(first * 100 + second))
      let called = (0..<200).count { _ in
        // Drift would not be the same for both: independent samples have no rounds.
        let base = (0..<first).map { _ in noise.value(round: 0, using: &generator) }
        let other = (0..<second).map { _ in noise.value(round: 0, using: &generator) }
        return Self.isCalled(Verdict.independent(base: base, other: other))
      }
      #expect(called <= 10, "\(first) and \(second) values")
    }
  }

  @Test("A difference well above the noise is called in nearly every comparison", arguments: [1.1, 0.9])
  func power(factor: Double) {
    var generator = SplitMix64(seed: 3)
    let expected: Verdict = factor > 1 ? .higher : .lower
    let found = (0..<100).count { _ in
      let pairs = (0..<7).map { round in
        (
          base: Noise.normal.value(round: round, using: &generator),
          other: factor * Noise.normal.value(round: round, using: &generator)
        )
      }
      let values = (0..<6).map { _ in Noise.normal.value(round: 0, using: &generator) }
      let others = (0..<6).map { _ in factor * Noise.normal.value(round: 0, using: &generator) }
      return Verdict.paired(pairs) == expected && Verdict.independent(base: values, other: others) == expected
    }
    #expect(found > 90)
  }

  @Test("Too few never show a difference, however large; the numbers named can")
  func tooFew() {
    for count in 0..<7 {
      var pairs: [(base: Double, other: Double)] = []
      for round in 0..<count { pairs.append((1 + Double(round), 100 + Double(round))) }
      #expect(Verdict.paired(pairs) == .tooFew(needed: 7))
    }
    var enough: [(base: Double, other: Double)] = []
    for round in 0..<7 { enough.append((1 + Double(round) / 100, 2 + Double(round) / 100)) }
    #expect(Verdict.paired(enough) == .higher)
    for count in 0..<5 {
      let base = Array(stride(from: 1.0, to: Double(count), by: 1))
      #expect(Verdict.independent(base: base, other: base.map { $0 + 100 }) == .tooFew(needed: 5))
    }
    let base = [10, 10.01, 10.02, 10.03, 10.04]
    #expect(Verdict.independent(base: base, other: base.map { $0 / 2 }) == .lower)
    // Many on one side cannot make up for a single one on the other.
    let many = Array(stride(from: 5.0, to: 205, by: 1))
    #expect(Verdict.independent(base: [1], other: many) == .tooFew(needed: 5))
    #expect(Verdict.independent(base: many, other: [1]) == .tooFew(needed: 5))
  }

  @Test("Figures of 0 are compared by what they are, not by a ratio they do not have")
  func zeros() {
    let zeros = Array(repeating: 0.0, count: 9)
    let numbers = (1...9).map { Double($0) }
    #expect(Verdict.paired(zeros.map { (base: $0, other: $0) }) == .noDifference)
    #expect(Verdict.paired(zip(zeros, numbers).map { (base: $0, other: $1) }) == .higher)
    #expect(Verdict.independent(base: zeros, other: numbers) == .higher)
    #expect(Verdict.independent(base: zeros, other: zeros) == .noDifference)
  }

  @Test("The same values give the same interval, and a single one has none")
  func bootstrap() throws {
    let values = (0..<20).map { Double($0 * $0) }
    #expect(Bootstrap().median(of: values) == Bootstrap().median(of: values))
    #expect(Bootstrap().median(of: []) == nil)
    #expect(Bootstrap().median(of: [2]) == Estimate(median: 2, interval: nil, count: 1))
    #expect(Bootstrap().ratioOfMedians(base: [0, 0], other: [1]) == nil)
    #expect(Bootstrap().medianRatio(pairs: [(0, 1)]) == nil)
    let ratio = try #require(Bootstrap().medianRatio(pairs: values.dropFirst().map { ($0, 2 * $0) }))
    #expect(ratio == Estimate(median: 2, interval: ConfidenceInterval(lower: 2, upper: 2), count: 19))
  }

  @Test("Intervals of known distributions hold the true median as often as they claim, of 15 values and more")
  func coverage() {
    for noise in [Noise.uniform, .heavyTails] {
      var generator = SplitMix64(seed: 5)
      let trueMedian = noise == .uniform ? 9.5 : 10.0
      let held = (0..<200).count { _ in
        let values = (0..<25).map { _ in noise.value(round: 0, using: &generator) }
        return Bootstrap(resamples: 300).median(of: values)?.interval?.contains(trueMedian) ?? false
      }
      // 95 % of 200 is 190, with a standard deviation of 3; so few draws and values cost a little of it.
      #expect((178...199).contains(held), "\(noise): \(held)")
    }
  }

  private static func isCalled(_ verdict: Verdict) -> Bool { verdict == .higher || verdict == .lower }
}
