import BoundedJSON

/// A run in the form of iperf3's own `-J` document, so that parsers written for iperf3 read it unchanged, with
/// everything that has no place there in one more member, `zcrx_bench`.
///
/// Names, nesting, order and units follow the output of iperf 3.12 (recorded in Tests/ReportTests/Fixtures), with the
/// members that 3.21 has besides, which parsers written for it require (iperf_api.c, `iperf_on_connect`, `iperf_on_test_start`). What is
/// not known is null where iperf3 always prints a number, absent where iperf3 leaves it out too, and 0 only where
/// iperf3 itself prints 0 for "the other side's".
public enum IperfDocument {
  /// The whole document of `--json`: `start`, `intervals`, `end`, the client's title and extra data and the server's output
  /// if there are such, `error` if the run did not complete, `zcrx_bench`.
  ///
  /// - Parameters:
  ///   - serverOutput: the server's own report (`--get-server-output`), if it came as JSON.
  ///   - serverOutputText: the same, if it came as text.
  ///   - error: iperf3's `error` member; nil takes the reason of an outcome that is not `completed`.
  public static func document(
    for report: RunReport, serverOutput: JSONValue?, serverOutputText: String?, error: String?
  ) -> JSONValue {
    var document: JSONObject = [
      "start": start(of: report),
      "intervals": .array(report.intervals.map { interval($0, role: report.role) }),
      "end": end(of: report),
    ]
    document["title"] = report.settings.title?.json()
    document["extra_data"] = report.settings.extraData?.json()
    document["server_output_json"] = serverOutput
    document["server_output_text"] = serverOutputText?.json()
    document["error"] = (error ?? failure(of: report))?.json()
    document["zcrx_bench"] = report.json()
    return .object(document)
  }

  /// The first line of `--json-stream`, known when the connections stand: `{"event":"start","data":{…}}`.
  public static func startEvent(for report: RunReport) -> JSONValue {
    event("start", start(of: report))
  }

  /// One line of `--json-stream` for every interval: `{"event":"interval","data":{…}}`.
  public static func intervalEvent(_ interval: IntervalReport, role: RunReport.Role) -> JSONValue {
    event("interval", self.interval(interval, role: role))
  }

  /// The last lines of `--json-stream`, in the order iperf3 3.17 and later write theirs: `error` if the run did not
  /// complete, the server's output, `end`; then `zcrx_bench`.
  public static func endEvents(
    for report: RunReport, serverOutput: JSONValue?, serverOutputText: String? = nil, error: String?
  ) -> [JSONValue] {
    var events: [JSONValue] = []
    if let error = error ?? failure(of: report) { events.append(event("error", error.json())) }
    if let serverOutput { events.append(event("server_output_json", serverOutput)) }
    if let serverOutputText { events.append(event("server_output_text", serverOutputText.json())) }
    events.append(event("end", end(of: report)))
    events.append(event("zcrx_bench", report.json()))
    return events
  }

  private static func event(_ name: String, _ data: JSONValue) -> JSONValue {
    .object(["event": name.json(), "data": data])
  }

  private static func failure(of report: RunReport) -> String? {
    switch report.outcome.status {
    case .completed: nil
    case .partial, .failed: report.outcome.reason ?? "the run is \(report.outcome.status.rawValue)"
    }
  }
}
