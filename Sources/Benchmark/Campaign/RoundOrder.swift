/// In which order the members of a campaign run: another one in each round, so that what changes over time, and what a run
/// leaves behind for the next, meets all of them alike.
enum RoundOrder {
  /// The places 0 … count − 1 of round `round` (from 1): begun one place later each time, and every second time backwards.
  static func places(_ count: Int, round: Int) -> [Int] {
    guard count > 0 else { return [] }
    let first = (round - 1) / 2 % count
    let rotated = (0..<count).map { (first + $0) % count }
    return round.isMultiple(of: 2) ? rotated.reversed() : rotated
  }
}
