/// Everything one run has to tell, as one value: the text, JSON and JSON-lines forms are only views of it.
///
/// Units are in the names or in the comments: byte counts are exact and unsigned, times are seconds, rates are derived
/// and never stored. An optional that is nil means "not known", never zero.
public struct RunReport: Sendable, Equatable {
  /// Version of the `zcrx_bench` JSON object (docs/json.md): the first number changes when a reader must change.
  public static let currentSchemaVersion = "1.5"

  public var schemaVersion: String = RunReport.currentSchemaVersion
  public var toolVersion: String
  public var role: Role
  public var kind: Kind
  public var outcome: Outcome
  /// Start of the transfer, seconds since 1970 (wall clock, for the reader; durations use the monotonic clock).
  public var startedAt: Double
  /// The other side as first seen: the control connection's peer, or the first raw stream's.
  public var peer: Endpoint
  public var local: Endpoint
  /// iperf3's cookie without its NUL; nil for raw streams.
  public var cookie: String?
  /// Maximum segment size of the control connection in bytes, iperf3's `tcp_mss_default`; nil where it was not read.
  public var controlMss: UInt32?
  public var settings: RunSettings
  public var environment: Environment
  public var streams: [StreamReport] = []
  /// Streams that are not in `streams`; nil where all are.
  public var unlistedStreams: UnlistedStreams?
  public var intervals: [IntervalReport] = []
  /// What the sender says it sent, omitted seconds excluded. Nil when no sender's account exists (raw streams).
  public var sent: Transfer?
  /// What the receiver counted, omitted seconds excluded. Nil when the receiver's account never arrived.
  public var received: Transfer?
  /// Nil on a sender whose receiver did not tell (a stock iperf3).
  public var copyAccount: CopyAccount?
  /// Nil where zero-copy receive was not in use.
  public var zeroCopy: ZeroCopyReport?
  /// What became of the bytes this side sent; nil on a receiver.
  public var transmit: TransmitReport?
  public var processor: ProcessorUse
  /// Nil where it was not asked for, and in reports of before version 1.2.
  public var memory: MemoryReport?
  /// Congestion control the other side says it used (iperf3's `congestion_used`); nil when it did not say.
  public var peerCongestion: String?
  /// Receive workers or send threads of this side.
  public var workers: [WorkerReport] = []
  /// The CPUs they ran on and those that processed the run's packets; empty before the end.
  public var cpus: [CPUReport] = []
  /// Where this side's receive workers were put; nil on a sender, and before the end.
  public var placement: CPUPlacementReport?
  /// How receiving waited for packets; nil where nothing was asked for and nothing is known.
  public var polling: PollingReport?
  /// What the interface of the run counted; nil where none is known.
  public var network: NetworkReport?
  /// What this side knows about what may have limited the run; nil before its end.
  public var load: LoadEvidence?
  /// The same of the other side; nil where it does not tell.
  public var peerLoad: LoadEvidence?
  /// What disturbed it, of both sides where the other side told; nil before its end, and in reports that do not tell.
  public var disturbances: DisturbanceReport?
  public var verification: VerificationReport?
  /// Bytes per receive or send call of this side; nil when nothing was counted.
  public var callSizes: DistributionReport?
  /// How late interval samples were taken, in microseconds.
  public var samplerLateness: DistributionReport?
  /// Sentences for the reader: why a mode was chosen, what was refused, what could not be measured.
  public var notes: [String] = []

  public init(
    toolVersion: String, role: Role, kind: Kind, outcome: Outcome, startedAt: Double, peer: Endpoint, local: Endpoint,
    settings: RunSettings, environment: Environment, processor: ProcessorUse
  ) {
    self.toolVersion = toolVersion
    self.role = role
    self.kind = kind
    self.outcome = outcome
    self.startedAt = startedAt
    self.peer = peer
    self.local = local
    self.settings = settings
    self.environment = environment
    self.processor = processor
  }

  public enum Role: String, Sendable, CaseIterable {
    case server
    case client
  }

  public enum Kind: String, Sendable, CaseIterable {
    /// A test under iperf3's control protocol, with a stock iperf3 or with zcrx-bench at the other end.
    case iperf3
    /// Connections without a control protocol (nc, socat, any program), received until end of file.
    case raw
  }
}

/// Streams of a run that has more of them than its report describes one by one.
public struct UnlistedStreams: Sendable, Equatable {
  public var count: Int
  /// What they brought, omitted seconds excluded.
  public var bytes: UInt64

  public init(count: Int, bytes: UInt64) {
    self.count = count
    self.bytes = bytes
  }
}

extension RunReport {
  /// Describes no more than the first `limit` streams one by one, so that however many a peer opens, the report stays small.
  /// The sums of the run are those of all.
  public mutating func listStreams(atMost limit: Int) {
    guard streams.count > limit, limit > 0 else { return }
    let rest = streams.dropFirst(limit)
    unlistedStreams = UnlistedStreams(count: rest.count, bytes: rest.reduce(0) { $0 &+ ($1.received?.bytes ?? 0) })
    notes.append(
      "\(limit) of \(streams.count) streams are listed one by one; the others brought \(unlistedStreams?.bytes ?? 0) bytes"
    )
    streams = Array(streams.prefix(limit))
    let listed = Set(streams.map(\.id))
    for index in workers.indices { workers[index].streams.removeAll { !listed.contains($0) } }
  }
}

/// How the run ended. Anything but `completed` leads to a non-zero exit status.
public struct Outcome: Sendable, Equatable {
  public enum Status: String, Sendable, CaseIterable {
    case completed
    /// Ended early by a signal, a limit or the peer; what was measured until then stands in the report.
    case partial
    /// The run's purpose was missed: a stream failed, verification found a wrong byte.
    case failed
  }

  public var status: Status
  /// One sentence; nil only when completed.
  public var reason: String?

  public init(_ status: Status, reason: String? = nil) {
    self.status = status
    self.reason = reason
  }

  public static let completed = Outcome(.completed)
}

public struct Endpoint: Sendable, Equatable {
  /// Numeric address, or the name as the user gave it where a name was given.
  public var host: String
  public var port: UInt16

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}

/// Bytes over a span of the test's own clock (0 = start of the transfer).
public struct Transfer: Sendable, Equatable {
  public var bytes: UInt64
  /// Seconds.
  public var start: Double
  /// Seconds.
  public var end: Double

  public init(bytes: UInt64, start: Double, end: Double) {
    self.bytes = bytes
    self.start = start
    self.end = end
  }

  public var seconds: Double { max(0, end - start) }

  /// Zero for a span of no length.
  public var bitsPerSecond: Double { seconds > 0 ? Double(bytes) * 8 / seconds : 0 }
}
