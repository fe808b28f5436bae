/// Several receive modes measured in turn over the same path, round by round: the document of `--compare`.
public struct Comparison: Sendable, Equatable {
  /// The member of its JSON document that holds it.
  public static let member = "zcrx_bench_comparison"

  public var campaign: Campaign
  /// In the order they were asked for; the first is what the others are held against.
  public var modes: [ComparedMode]
  /// In order of time; a round that was cut short holds fewer runs.
  public var rounds: [ComparisonRound] = []

  public init(_ campaign: Campaign, modes: [ComparedMode]) {
    self.campaign = campaign
    self.modes = modes
  }
}

extension Comparison {
  /// Rounds in which every mode completed that could run.
  public var wholeRounds: Int {
    let names = Set(modes.filter { $0.unavailable == nil }.map(\.name))
    return rounds.filter { names.isSubset(of: $0.runs.filter { $0.failure == nil }.compactMap(\.mode)) }.count
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
