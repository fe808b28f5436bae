import BoundedJSON
import Glibc
import Linux
import Report

extension Campaign {
  /// A campaign that begins now.
  init(_ configuration: ClientConfiguration, rounds: Int, method: SendMethod, _ answer: CampaignRunner.Answer?) {
    var plan = ComparisonPlan(
      rounds: rounds, duration: 0, omit: configuration.omit, streams: configuration.streams,
      blockLength: configuration.length(with: method))
    switch configuration.end {
    case .seconds(let seconds): plan.duration = seconds
    case .bytes(let count): plan.bytes = count
    }
    plan.send = method.rawValue
    plan.bandwidth = configuration.bitsPerSecond > 0 ? configuration.bitsPerSecond : nil
    plan.congestion = configuration.congestion
    plan.window = configuration.window.map(Int.init)
    plan.maximumSegmentSize = configuration.maximumSegmentSize.map(Int.init)
    plan.verify = configuration.verify
    plan.senderCPUs = configuration.affinity
    self.init(
      toolVersion: configuration.toolVersion, startedAt: Double(time(nil)),
      outcome: Outcome(.partial, reason: "it was not finished"),
      server: Endpoint(host: configuration.host, port: configuration.port), plan: plan)
    receiver = answer?.receiver
    sender = answer?.sender
  }

  /// Keeps what is known of a run and is not of that run alone. A sentence stands once, however many runs it is true of.
  mutating func add(_ run: CampaignRunner.Run) {
    receiver = receiver ?? run.receiver
    guard run.compared.failure == nil else { return }
    for absence in run.absences where !notes.contains(absence) { notes.append(absence) }
  }

  /// Closes it: completed where nothing is said against it.
  mutating func conclude(_ problems: [String]) {
    outcome = problems.isEmpty ? .completed : Outcome(.partial, reason: problems.joined(separator: "; "))
  }
}

extension ComparisonPlan {
  /// The names of the members that are not the same.
  func differences(from other: ComparisonPlan) -> String {
    let (mine, theirs) = (json().object ?? JSONObject(), other.json().object ?? JSONObject())
    let names = Set((mine.members + theirs.members).map(\.key))
    return names.filter { mine[$0] != theirs[$0] }.sorted().joined(separator: ", ")
  }
}
