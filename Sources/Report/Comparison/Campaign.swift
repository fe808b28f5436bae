/// What comparisons and sweeps are: runs made by one command between the same two machines.
public struct Campaign: Sendable, Equatable {
  public var schemaVersion: String = RunReport.currentSchemaVersion
  public var toolVersion: String
  /// Seconds since 1970, wall clock.
  public var startedAt: Double
  public var outcome: Outcome
  /// The server, as the client was given it.
  public var server: Endpoint
  public var plan: ComparisonPlan
  /// The receiver's machine; nil when it did not tell.
  public var receiver: Environment?
  /// The sender's machine; nil when it is not known.
  public var sender: Environment?
  /// Sentences for the reader.
  public var notes: [String] = []

  public init(toolVersion: String, startedAt: Double, outcome: Outcome, server: Endpoint, plan: ComparisonPlan) {
    self.toolVersion = toolVersion
    self.startedAt = startedAt
    self.outcome = outcome
    self.server = server
    self.plan = plan
  }
}

/// What every run of a comparison or a sweep has in common.
public struct ComparisonPlan: Sendable, Equatable {
  /// Rounds asked for.
  public var rounds: Int
  /// Seconds of one run that count; 0 where `bytes` ends it.
  public var duration: Int
  /// Bytes of one run; 0 where `duration` ends it.
  public var bytes: UInt64 = 0
  /// Seconds at the start of each run that do not count.
  public var omit: Int
  public var streams: Int
  /// Bytes per write call of the sender.
  public var blockLength: Int
  /// How the sender hands bytes to the kernel.
  public var send: String?
  /// Bits per second and stream the sender was held to; nil is unlimited.
  public var bandwidth: UInt64?
  /// Requested congestion control; nil leaves it to the kernel.
  public var congestion: String?
  /// Requested socket buffer size in bytes; nil leaves it to the kernel.
  public var window: Int?
  /// Requested TCP maximum segment size in bytes; nil leaves it to the kernel.
  public var maximumSegmentSize: Int?
  /// Every received byte was compared.
  public var verify = false
  /// CPUs the send threads were bound to, in turn; empty leaves them to the scheduler.
  public var senderCPUs: [Int] = []

  public init(rounds: Int, duration: Int, omit: Int, streams: Int, blockLength: Int) {
    self.rounds = rounds
    self.duration = duration
    self.omit = omit
    self.streams = streams
    self.blockLength = blockLength
  }
}
