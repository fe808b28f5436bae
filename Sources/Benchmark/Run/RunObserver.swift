import BoundedJSON
import Report

/// Whoever shows a run to the user. Called on the thread that runs the benchmark, never from a worker.
public protocol RunObserver: AnyObject {
  /// The server accepts connections.
  func listening(on local: Endpoint, mode: ModeChoice)
  /// The streams are connected and the transfer begins; the report has no figures yet.
  func started(_ report: RunReport)
  func interval(_ interval: IntervalReport)
  /// A test was refused or fell through before any traffic.
  func refused(_ reason: String)
  /// The run is over.
  func finished(_ run: FinishedRun)
}

/// A run that is over, with what the other side sent for the user to see.
public struct FinishedRun: Sendable {
  public var report: RunReport
  /// The server's own output, where the client asked for it.
  public var serverOutputText: String?
  public var serverOutput: JSONValue?
  /// What a zcrx-bench server added to its results (`Extras`); nil of another server.
  var serverExtras: JSONObject?

  public init(report: RunReport, serverOutputText: String? = nil, serverOutput: JSONValue? = nil) {
    self.report = report
    self.serverOutputText = serverOutputText
    self.serverOutput = serverOutput
  }
}
