import Linux
import Report

/// How far a campaign is, and how long what is left may take.
struct CampaignPace {
  /// Runs that are left.
  private(set) var left: Int
  private var done = 0
  private var spent = 0.0
  /// Seconds that a run is expected to take, before one was made.
  private let expected: Double

  init(runs: Int, _ configuration: ClientConfiguration) {
    left = runs
    expected =
      switch configuration.end {
      case .seconds(let seconds): Double(seconds + configuration.omit) + CampaignPace.overhead
      // Nobody knows how fast it will be.
      case .bytes: 0
      }
  }

  /// Seconds around a run: connecting, exchanging results.
  private static let overhead = 0.5

  mutating func finished(after seconds: Double) {
    left -= 1
    done += 1
    spent += seconds
  }

  /// Runs that will not be made.
  mutating func drop(_ runs: Int) { left -= runs }

  /// `12 runs left, about 3 min 20 s`.
  var text: String {
    guard left > 0 else { return "no run left" }
    let each = done > 0 ? spent / Double(done) : expected
    return "\(left.counted("run")) left" + (each > 0 ? ", about \(CampaignPace.duration(each * Double(left)))" : "")
  }

  /// `40 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds), 1e9).rounded(.up))
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
    default: return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
  }
}
