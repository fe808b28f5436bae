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
    self.init(
      toolVersion: configuration.toolVersion, startedAt: Double(time(nil)),
      outcome: Outcome(.partial, reason: "it was not finished"),
      server: Endpoint(host: configuration.host, port: configuration.port), plan: plan)
    receiver = answer?.receiver
    sender = answer?.sender
  }

  /// Closes it: completed where nothing is said against it.
  mutating func conclude(_ problems: [String]) {
    outcome = problems.isEmpty ? .completed : Outcome(.partial, reason: problems.joined(separator: "; "))
  }
}
