/// Why a JSON value is no report.
public struct ReportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The member at fault, from the `zcrx_bench` object down: `streams[0].tcp.rtt_us`; empty for the object itself.
  public var path: String
  /// What was expected there and what was found, in words.
  public var problem: String

  public init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }

  public var description: String {
    let place = path.isEmpty ? "zcrx_bench" : "zcrx_bench.\(path)"
    return
      "reading a report: \(place) \(problem); docs/json.md describes every member, and a run with --json writes them"
  }
}
