import Linux
import Logging
import Report

/// `client --sweep`: every combination of some settings, round by round. An interrupted one goes on from its document.
public struct SweepCampaign {
  private let configuration: ClientConfiguration
  private let axes: [SweepWish]
  private let rounds: Int
  private let earlier: Sweep?

  /// - Parameters:
  ///   - axes: at least one, each setting once.
  ///   - rounds: runs of each combination, at least 1.
  ///   - earlier: what an interrupted sweep of the same settings has measured; nil begins anew.
  public init(_ configuration: ClientConfiguration, axes: [SweepWish], rounds: Int, resuming earlier: Sweep? = nil) {
    self.configuration = configuration
    self.axes = axes
    self.rounds = rounds
    self.earlier = earlier
  }

  /// Makes the runs that are missing.
  ///
  /// - Returns: the sweep with its outcome; `observer` was given it without.
  /// - Throws: before the first run, when the server cannot be asked, or `earlier` is of another sweep.
  public func run(
    signals: TerminationSignals, logger: Logger, observer: some CampaignObserver<Sweep>
  ) throws(BenchmarkError) -> Sweep {
    let runner = CampaignRunner(configuration, signals: signals, logger: logger) { observer.progress($0) }
    let answer = try runner.inquire()
    if answer.offer == nil, let axis = axes.first(where: \.isUpToTheServer) {
      throw BenchmarkError(
        "the server lets its clients choose no \(axis.setting.rawValue): that takes a zcrx-bench server that was "
          + "started with --allow-compare")
    }
    var sweep = Sweep(
      Campaign(configuration, rounds: rounds, method: runner.configuration.method ?? .write, answer),
      axes: axes.map(\.axis))
    if let earlier { try sweep.goOn(from: earlier) }
    do throws(BenchmarkError) {
      try measure(&sweep, runner, observer)
      sweep.campaign.conclude(problems(of: sweep))
    } catch {
      sweep.campaign.conclude([error.description])
    }
    return sweep
  }

  private func measure(
    _ sweep: inout Sweep, _ runner: CampaignRunner, _ observer: some CampaignObserver<Sweep>
  ) throws(BenchmarkError) {
    let combinations = product
    let missing = combinations.map { max(0, rounds - sweep.attempts(at: $0)) }.reduce(0, +)
    var pace = CampaignPace(runs: missing, runner.configuration)
    observer.progress("\(combinations.count.counted("point")), \(rounds.counted("round")): \(pace.text)")
    for number in 1...rounds {
      for place in RoundOrder.places(combinations.count, round: number) {
        let values = combinations[place]
        guard sweep.attempts(at: values) < number else { continue }
        let start = MonotonicTime.now()
        let run = try runner.run(variation(values), name: nil)
        pace.finished(after: MonotonicTime.now().seconds(since: start))
        let point = sweep.index(of: values)
        if let refusal = run.refusal, sweep.points[point].completed.isEmpty {
          sweep.points[point].unavailable = refusal
          pace.drop(rounds - number)
        } else {
          sweep.points[point].runs.append(run.compared)
          sweep.campaign.add(run)
        }
        try observer.measured(sweep)
        observer.progress(
          "round \(number) of \(rounds), \(sweep.label(of: sweep.points[point])): \(run.brief); \(pace.text)")
      }
    }
  }

  /// Every combination, the last axis changing fastest.
  private var product: [[String]] {
    axes.reduce([[]]) { combinations, axis in
      combinations.flatMap { combination in axis.values.map { combination + [$0] } }
    }
  }

  private func variation(_ values: [String]) -> TestVariation {
    var variation = TestVariation()
    for (axis, value) in zip(axes, values) { _ = axis.setting.set(value, in: &variation) }
    return variation
  }

  /// Why the command did not do all that it was asked for.
  private func problems(of sweep: Sweep) -> [String] {
    let runs = sweep.points.flatMap(\.runs)
    let failed = runs.filter { $0.failure != nil }.count
    let refused = sweep.points.filter { $0.unavailable != nil }.count
    var problems: [String] = []
    if failed > 0 { problems.append("\(failed) of \(runs.count.counted("run")) did not complete") }
    if refused > 0 { problems.append("\(refused) of \(sweep.points.count.counted("point")) could not run") }
    return problems
  }
}

extension SweepWish {
  fileprivate var isUpToTheServer: Bool {
    var variation = TestVariation()
    return values.allSatisfy { setting.set($0, in: &variation) } && variation.asksTheServer
  }
}

extension Sweep {
  /// Runs at a combination so far; all of them where it cannot run.
  fileprivate func attempts(at values: [String]) -> Int {
    guard let point = points.first(where: { $0.values == values }) else { return 0 }
    return point.unavailable == nil ? point.runs.count : campaign.plan.rounds
  }

  fileprivate mutating func index(of values: [String]) -> Int {
    if let index = points.firstIndex(where: { $0.values == values }) { return index }
    points.append(SweepPoint(values: values, runs: []))
    return points.count - 1
  }

  /// Takes over what an earlier document has measured. A point that could not run then is tried again.
  ///
  /// - Throws: what differs, when it is of another sweep.
  fileprivate mutating func goOn(from earlier: Sweep) throws(BenchmarkError) {
    let differences = [
      axes == earlier.axes ? nil : "axes",
      campaign.server == earlier.campaign.server ? nil : "server",
      campaign.plan == earlier.campaign.plan
        ? nil : "settings (\(campaign.plan.differences(from: earlier.campaign.plan)))",
    ].compactMap { $0 }
    guard differences.isEmpty else {
      throw BenchmarkError(
        "--resume: the file holds another sweep, with other \(differences.joined(separator: ", ")); "
          + "name another file, or remove this one to begin anew")
    }
    points = earlier.points.map { point in
      SweepPoint(values: point.values, runs: point.runs.filter { $0.failure == nil })
    }
    campaign.startedAt = earlier.campaign.startedAt
    campaign.notes = earlier.campaign.notes
    note("the receiver", campaign.receiver, earlier.campaign.receiver)
    note("the sender", campaign.sender, earlier.campaign.sender)
    if campaign.toolVersion != earlier.campaign.toolVersion {
      campaign.notes.append("resumed with zcrx-bench \(campaign.toolVersion) after \(earlier.campaign.toolVersion)")
    }
  }

  /// Points that were measured on different machines are not alike.
  private mutating func note(_ what: String, _ now: Environment?, _ then: Environment?) {
    guard let now, let then else { return }
    let differences = [
      now.host == then.host ? nil : "host \(then.host) to \(now.host)",
      now.kernel == then.kernel ? nil : "kernel \(then.kernel) to \(now.kernel)",
      now.interface?.mtu == then.interface?.mtu ? nil : "another MTU",
      now.machine?.governors == then.machine?.governors ? nil : "another frequency governor",
    ].compactMap { $0 }
    guard !differences.isEmpty else { return }
    campaign.notes.append("\(what) changed before it was resumed: \(differences.joined(separator: ", "))")
  }
}
