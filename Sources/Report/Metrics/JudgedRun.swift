import BoundedJSON

/// A run that is over, or that never began, and what the user's gates say about it.
public struct JudgedRun: Sendable {
  /// Without its streams and intervals, because a server keeps many; nil where a test fell through before any traffic.
  public let report: RunReport?
  /// Why it fell through; nil where there is a report.
  public let refusal: String?
  /// In the order the gates were given.
  public let results: [RequirementResult]
  /// The metrics that its report tells, none of them unavailable.
  public let figures: [(metric: Metric, reading: MetricReading)]

  public init(_ report: RunReport, requirements: [Requirement]) {
    let json = report.json()
    var kept = report
    kept.streams = []
    kept.intervals = []
    self.report = kept
    refusal = nil
    results = requirements.map { $0.result(for: json) }
    figures = Metric.all.map { ($0, $0.reading(ofReport: json)) }.filter { $0.text($1) != nil }
  }

  public init(refused reason: String, requirements: [Requirement]) {
    report = nil
    refusal = reason
    results = requirements.map { RequirementResult(requirement: $0, reading: .unavailable("there was no run")) }
    figures = []
  }

  public var isMet: Bool { results.allSatisfy(\.isMet) }

  /// Why the run did not complete; nil when it did.
  public var failure: String? {
    guard let report else { return refusal ?? "there was no run" }
    return report.outcome.status == .completed ? nil : report.outcome.reason ?? "no reason was recorded"
  }

  /// `server, epoll, from 192.0.2.1`.
  public var title: String {
    guard let report else { return "refused test" }
    return "\(report.role.rawValue)\(report.settings.mode.map { ", \($0)" } ?? ""), peer \(report.peer.host)"
  }
}
