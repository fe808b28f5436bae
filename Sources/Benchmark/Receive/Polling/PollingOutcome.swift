import Linux
import Report

/// What busy polling and minimum waits came to in the workers.
struct PollingOutcome: Sendable, Equatable {
  var method: PollingReport.Method?
  /// Completions that end a minimum wait.
  var batch: UInt32?
  /// What was refused, and why; each once.
  private(set) var refusals: [String] = []

  mutating func note(_ refusal: String) {
    if !refusals.contains(refusal) { refusals.append(refusal) }
  }

  /// Of several workers: the least that any has.
  mutating func add(_ other: PollingOutcome) {
    func rank(_ method: PollingReport.Method?) -> Int {
      switch method {
      case nil: 0
      case .sockets: 1
      case .epoll: 2
      case .ringDynamic: 3
      case .ringStatic: 4
      }
    }
    if rank(other.method) < rank(method) { method = other.method }
    batch = batch.flatMap { batch in other.batch.map { min(batch, $0) } }
    for refusal in other.refusals { note(refusal) }
  }

  static func least(of outcomes: [PollingOutcome]) -> PollingOutcome {
    guard var sum = outcomes.first else { return PollingOutcome() }
    for outcome in outcomes.dropFirst() { sum.add(outcome) }
    return sum
  }
}

extension PollingReport {
  init(_ grant: PollingGrant, _ outcome: PollingOutcome) {
    self.init()
    method = outcome.method
    busyPoll = method == nil ? nil : grant.wish.busyPoll
    minimumWait = outcome.batch == nil ? nil : grant.wish.minimumWait
    minimumWaitBatch = outcome.batch
    refusals = grant.refusals + outcome.refusals
  }
}
