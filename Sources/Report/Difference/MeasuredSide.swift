import BoundedJSON

/// Whose figures a run tells where a metric is of one side alone.
enum MeasuredSide: Int, Sendable, Comparable {
  case receiver
  case sender
  /// The file does not say, or the run went both ways.
  case unknown

  init(of run: RecordedRun) {
    switch run.origin {
    case .zcrxBench:
      switch run.json.at("role")?.string {
      case RunReport.Role.server.rawValue: self = .receiver
      case RunReport.Role.client.rawValue: self = .sender
      default: self = .unknown
      }
    case .iperf3:
      // A client says whom it connected to; with -R it receives, with --bidir it does both.
      let isClient = run.json.at("start.connecting_to") != nil
      let isServer = run.json.at("start.accepted_connection") != nil
      switch run.traffic.direction {
      case _ where isClient == isServer, .both: self = .unknown
      case .toServer: self = isClient ? .sender : .receiver
      case .toClient: self = isClient ? .receiver : .sender
      }
    }
  }

  static func < (first: MeasuredSide, second: MeasuredSide) -> Bool { first.rawValue < second.rawValue }

  /// `the receiver's`.
  private var owner: String {
    switch self {
    case .receiver: "the receiver's"
    case .sender: "the sender's"
    case .unknown: "an unknown side's"
    }
  }

  /// `the receiver's`, or `the receiver's or the sender's` of several.
  static func words(_ sides: Set<MeasuredSide>) -> String { sides.sorted().map(\.owner).joined(separator: " or ") }
}

/// Metrics that both sides of a difference tell, of runs that measured different sides of the connection.
public struct IncomparableMetrics: Sendable, Equatable {
  public let metrics: [String]
  let base: Set<MeasuredSide>
  let new: Set<MeasuredSide>

  /// `cpu is the receiver's in base and the sender's in new: not compared`.
  public var sentence: String { "\(metrics.joined(separator: ", ")) \(metrics.count == 1 ? "is" : "are") \(reason)" }

  /// Without the metrics' names.
  var reason: String {
    "\(MeasuredSide.words(base)) in base and \(MeasuredSide.words(new)) in new: not compared"
  }
}
