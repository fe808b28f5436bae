/// Several receive modes measured in turn over the same path, round by round: the document of `--compare`.
public struct Comparison: Sendable, Equatable {
  /// The member of its JSON document that holds it.
  public static let member = "zcrx_bench_comparison"

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
  /// The sender's machine.
  public var sender: Environment?
  /// In the order they were asked for; the first is what the others are held against.
  public var modes: [ComparedMode]
  /// In order of time; a round that was cut short holds fewer runs.
  public var rounds: [ComparisonRound] = []
  public var notes: [String] = []

  public init(
    toolVersion: String, startedAt: Double, outcome: Outcome, server: Endpoint, plan: ComparisonPlan,
    modes: [ComparedMode]
  ) {
    self.toolVersion = toolVersion
    self.startedAt = startedAt
    self.outcome = outcome
    self.server = server
    self.plan = plan
    self.modes = modes
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

  public init(rounds: Int, duration: Int, omit: Int, streams: Int, blockLength: Int) {
    self.rounds = rounds
    self.duration = duration
    self.omit = omit
    self.streams = streams
    self.blockLength = blockLength
  }
}

public struct ComparedMode: Sendable, Equatable {
  /// As it was asked for: `zc`.
  public var name: String
  /// What it was really, where the name does not say it all: "the bound queue, flow steered away".
  public var label: String?
  /// What its runs had: the queue and its CPU, data split, placement; one sentence each.
  public var facts: [String] = []
  /// Why it could not run; nil when it could.
  public var unavailable: String?

  public init(name: String, label: String? = nil, unavailable: String? = nil) {
    self.name = name
    self.label = label
    self.unavailable = unavailable
  }
}

public struct ComparisonRound: Sendable, Equatable {
  /// 1, 2, 3, …
  public var number: Int
  /// In the order they ran, which changes from round to round.
  public var runs: [ComparedRun]

  public init(number: Int, runs: [ComparedRun]) {
    self.number = number
    self.runs = runs
  }
}

/// One run of a comparison or a sweep.
public struct ComparedRun: Sendable, Equatable {
  /// The mode it ran in; in a sweep nil where the mode is an axis or all the same.
  public var mode: String?
  public var figures: KeyFigures
  /// What disturbed it (stolen time, another frequency, a sender at its limit, other traffic); nil when nothing was seen.
  public var disturbed: String?
  /// Why it did not complete; nil when it did. Its figures then count nowhere.
  public var failure: String?

  public init(mode: String?, figures: KeyFigures, disturbed: String? = nil, failure: String? = nil) {
    self.mode = mode
    self.figures = figures
    self.disturbed = disturbed
    self.failure = failure
  }
}
