import Linux
import Logging
import Report

/// `client --compare`: receive modes of one server in turn, round by round, with the same sender.
public struct ComparisonCampaign {
  private let configuration: ClientConfiguration
  /// Nil compares all modes, and takes those that cannot be had for no failure.
  private let wanted: [ReceiveMode]?
  private let rounds: Int

  /// - Parameters:
  ///   - modes: in the order of the table; the first is what the others are held against. Nil is every mode.
  ///   - rounds: at least 1; fewer than seven show no difference (docs/compare.md).
  public init(_ configuration: ClientConfiguration, modes: [ReceiveMode]?, rounds: Int) {
    self.configuration = configuration
    wanted = modes
    self.rounds = rounds
  }

  /// Every mode, the plainest first.
  public static let allModes: [ReceiveMode] = [.epoll, .uring, .mmap, .discard, .zcCopy, .zc]

  /// Makes the runs.
  ///
  /// - Returns: the comparison with its outcome; `observer` was given it without.
  /// - Throws: before the first run, when the server cannot be asked, or does none of the modes.
  public func run(
    signals: TerminationSignals, logger: Logger, observer: some CampaignObserver<Comparison>
  ) throws(BenchmarkError) -> Comparison {
    let runner = CampaignRunner(configuration, signals: signals, logger: logger) { observer.progress($0) }
    let answer = try runner.inquire()
    guard let offer = answer.offer else { throw noChoice }
    var comparison = Comparison(
      Campaign(
        configuration, rounds: rounds, method: runner.configuration.method ?? .write, answer),
      modes: (wanted ?? Self.allModes).map { mode in
        ComparedMode(name: mode.rawValue, label: offer[mode].label, unavailable: offer[mode].unavailable)
      })
    guard comparison.modes.contains(where: { $0.unavailable == nil }) else {
      let first = comparison.modes.first
      throw BenchmarkError(
        "the server does none of these modes; \(first?.name ?? "none"): \(first?.unavailable ?? "none was named")")
    }
    do throws(BenchmarkError) {
      try measure(&comparison, runner, observer)
      comparison.campaign.conclude(problems(of: comparison))
    } catch {
      comparison.campaign.conclude([error.description])
    }
    comparison.rounds.removeAll(where: \.runs.isEmpty)
    return comparison
  }

  private var noChoice: BenchmarkError {
    BenchmarkError(
      """
      the server lets its clients choose no mode: modes are compared with a zcrx-bench server that was started with \
      --allow-compare. A stock iperf3 server receives in one way only
      """)
  }

  private func measure(
    _ comparison: inout Comparison, _ runner: CampaignRunner, _ observer: some CampaignObserver<Comparison>
  ) throws(BenchmarkError) {
    var pace = CampaignPace(
      runs: comparison.modes.filter { $0.unavailable == nil }.count * rounds, runner.configuration)
    observer.progress("\(comparison.modes.map(\.name).joined(separator: ", ")): \(pace.text)")
    for number in 1...rounds {
      comparison.rounds.append(ComparisonRound(number: number, runs: []))
      for place in RoundOrder.places(comparison.modes.count, round: number)
      where comparison.modes[place].unavailable == nil {
        let name = comparison.modes[place].name
        var variation = TestVariation()
        variation.mode = ReceiveMode(rawValue: name)
        let start = MonotonicTime.now()
        let run = try runner.run(variation, name: name)
        pace.finished(after: MonotonicTime.now().seconds(since: start))
        if let refusal = run.refusal, !comparison.hasRun(name) {
          comparison.modes[place].unavailable = refusal
          pace.drop(rounds - number)
        } else {
          comparison.rounds[number - 1].runs.append(run.compared)
          comparison.add(run, at: place)
        }
        try observer.measured(comparison)
        observer.progress("round \(number) of \(rounds), \(name): \(run.brief); \(pace.text)")
      }
      if !comparison.modes.contains(where: { $0.unavailable == nil }) { return }
    }
  }

  /// Why the command did not do all that it was asked for.
  private func problems(of comparison: Comparison) -> [String] {
    let runs = comparison.rounds.flatMap(\.runs)
    let failed = runs.filter { $0.failure != nil }.count
    var problems = failed > 0 ? ["\(failed) of \(runs.count.counted("run")) did not complete"] : []
    if wanted != nil {
      problems += comparison.modes.filter { $0.unavailable != nil }.map { "\($0.name) could not run" }
    }
    if runs.isEmpty { problems.append("no mode could run") }
    return problems
  }
}

extension Comparison {
  fileprivate func hasRun(_ mode: String) -> Bool {
    rounds.contains { $0.runs.contains { $0.mode == mode && $0.failure == nil } }
  }

  /// Keeps what is known of a run beside its figures. What differs between the rounds of a mode stands there twice.
  fileprivate mutating func add(_ run: CampaignRunner.Run, at place: Int) {
    campaign.add(run)
    for fact in run.facts where !modes[place].facts.contains(fact) { modes[place].facts.append(fact) }
  }
}

extension CampaignRunner.Run {
  /// For a line of progress.
  var brief: String {
    if let refusal { return "could not run: \(refusal)" }
    if let failure = compared.failure { return "did not complete: \(failure)" }
    guard let throughput = compared.figures.throughput else { return "throughput unknown" }
    return Metric.throughput.text(throughput) + (compared.disturbed == nil ? "" : " (disturbed)")
  }
}
