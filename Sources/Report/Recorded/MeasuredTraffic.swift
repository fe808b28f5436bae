import BoundedJSON

/// What a run's bytes were sent with and which way, as far as its file tells. Runs of different traffic measure different
/// things.
struct MeasuredTraffic: Sendable, Equatable {
  enum Direction: String, Sendable {
    case toServer = "client to server"
    case toClient = "server to client"
    /// The sums that are read are those of the way there.
    case both = "both ways at once, figures of client to server"
  }

  /// `TCP`, `UDP`, `SCTP`, as iperf3 names them; nil where the file does not tell.
  var transport: String?
  var direction: Direction

  /// Of every run of ours.
  static let plain = MeasuredTraffic(transport: "TCP", direction: .toServer)

  init(transport: String?, direction: Direction) {
    self.transport = transport
    self.direction = direction
  }

  /// Of a document of iperf3.
  init(ofIperf document: JSONValue) {
    transport = document.at("start.test_start.protocol")?.string
    // Versions before 3.17 name it nowhere but in the sums of the way back.
    let isBothWays =
      (document.number("start.test_start.bidir") ?? 0) != 0 || document.at("end.sum_sent_bidir_reverse") != nil
      || document.at("end.sum_bidir_reverse") != nil
    let isReverse = (document.number("start.test_start.reverse") ?? 0) != 0
    direction = isBothWays ? .both : isReverse ? .toClient : .toServer
  }

  /// `UDP, server to client`.
  var words: String { "\(transport ?? "unknown protocol"), \(direction.rawValue)" }

  /// For the name of what was measured: nothing of plain runs.
  var qualification: String { self == .plain ? "" : ", \(words)" }
}

extension RecordedRun {
  var traffic: MeasuredTraffic {
    switch origin {
    case .zcrxBench: .plain
    case .iperf3: MeasuredTraffic(ofIperf: json)
    }
  }

  /// What it was sent with and which way, in words.
  public var trafficWords: String { traffic.words }
}
