import BoundedJSON

/// One figure of a run under the name that gates (`--require`), `diff` and the pages use for it.
///
/// The bounds of a bracket are metrics of their own, so that what is said about one is never ambiguous. Figures are read
/// from the JSON of a report by key, so that a report of another minor version is read as far as it goes.
public struct Metric: Sendable {
  public enum Preference: Sendable {
    case higher
    case lower
    /// More of it is neither better nor worse.
    case none
  }

  public let name: String
  public let unit: MetricUnit
  /// What it can be, where it is a name and no number; nil of a number.
  public let names: [String]?
  public let preference: Preference
  /// One sentence: what is counted, over what.
  public let meaning: String
  /// The members of `zcrx_bench` it is made of.
  public let source: String
  private let ours: @Sendable (JSONValue) -> MetricReading
  private let iperf: (@Sendable (JSONValue) -> MetricReading)?

  /// - Parameters:
  ///   - ours: reads it from a `zcrx_bench` object.
  ///   - iperf: reads it from iperf3's own document; nil where iperf3 has nothing like it.
  init(
    _ name: String, _ unit: MetricUnit, _ preference: Preference, _ meaning: String, source: String,
    names: [String]? = nil, ours: @escaping @Sendable (JSONValue) -> MetricReading,
    iperf: (@Sendable (JSONValue) -> MetricReading)? = nil
  ) {
    self.name = name
    self.unit = unit
    self.names = names
    self.preference = preference
    self.meaning = meaning
    self.source = source
    self.ours = ours
    self.iperf = iperf
  }

  /// Its value in a `zcrx_bench` object.
  public func reading(ofReport report: JSONValue) -> MetricReading { ours(report).known }

  /// Its value in a document of a stock iperf3.
  public func reading(ofIperf document: JSONValue) -> MetricReading {
    iperf?(document).known ?? .unavailable("iperf3 does not tell it")
  }

  /// Whether it is one of the two bounds of what was copied, or was not.
  var isOfCopies: Bool { source.hasPrefix("copy_account.") }

  /// A value of it for a person: `9.41 Gb/s`.
  public func text(_ value: Double) -> String { unit.text(value) }

  /// What it was found to be, for a person: `9.41 Gb/s`, `zc`; nil where it is not available.
  public func text(_ reading: MetricReading) -> String? {
    switch reading {
    case .value(let value): text(value)
    case .name(let name): name
    case .unavailable: nil
    }
  }

  /// The metric of that name; nil when there is none.
  public static func named(_ name: some StringProtocol) -> Metric? {
    all.first { $0.name == name }
  }
}

/// What a metric was found to be.
public enum MetricReading: Sendable, Equatable {
  case value(Double)
  /// Of a metric with `names`; a report of another version may hold one that is not among them.
  case name(String)
  /// Why there is none, in words that end a sentence.
  case unavailable(String)

  public var value: Double? {
    guard case .value(let value) = self else { return nil }
    return value
  }

  /// An edited report may hold figures whose quotient is beyond any number.
  fileprivate var known: MetricReading {
    guard case .value(let value) = self, !value.isFinite else { return self }
    return .unavailable("the report's figures make no number")
  }
}
