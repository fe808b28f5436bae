import BoundedJSON

/// One run read back from a file: ours, or a stock iperf3's.
public struct RecordedRun: Sendable {
  public enum Origin: Sendable, Equatable {
    case zcrxBench
    case iperf3
  }

  /// The file it came from, with its number where the file holds more than one.
  public var name: String
  public var origin: Origin
  /// The `zcrx_bench` object, or iperf3's whole document.
  public var json: JSONValue
  /// The same as a value; nil of iperf3's.
  public var report: RunReport?

  /// Why the run did not complete; nil when it did.
  public var failure: String? {
    if let report {
      return report.outcome.status == .completed ? nil : report.outcome.reason ?? "no reason was recorded"
    }
    return json.at("error")?.string
  }

  /// What disturbed it; nil when nothing was seen, or the file does not tell.
  public var disturbed: String? { report?.disturbances?.summary }

  /// The receive mode, where the file tells it.
  public var mode: String? { report?.settings.mode }

  public func reading(of metric: Metric) -> MetricReading {
    switch origin {
    case .zcrxBench: metric.reading(ofReport: json)
    case .iperf3: metric.reading(ofIperf: json)
    }
  }
}

/// What one JSON document of a file turned out to be.
public enum RecordedDocument: Sendable {
  case run(RecordedRun)
  case comparison(Comparison, name: String)
  case sweep(Sweep, name: String)
}
