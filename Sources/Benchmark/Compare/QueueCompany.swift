import Linux
import Report

/// The queues of an interface during a test of a mode that does not receive from them (`client --compare`): its flows come
/// in there all the same, and their workers run where those of the queues would, so that modes differ in nothing else.
final class QueueCompany {
  private let team: ZeroCopyTeam
  /// Of the workers, one for each queue.
  let places: [WorkerPlacementReport]

  init(_ team: ZeroCopyTeam, places: [WorkerPlacementReport]) {
    self.team = team
    self.places = places
  }

  func beginTest() { team.steering?.beginTest() }

  /// Sends a flow to its queue.
  ///
  /// - Returns: the worker of that queue; nil where it comes in on none of them.
  func begin(_ flow: Flow) -> Int? {
    if let queue = team.steering?.steer(flow) { return team.worker(of: queue) }
    let (report, worker) = team.place(flow.socket)
    flow.placement.withLock { $0 = report }
    return worker
  }

  /// A flow is over, or its test is.
  func conclude(_ flow: Flow) {
    team.conclude(flow)
  }

  var device: ZeroCopySetup.Device? { team.setup.device }
  var steering: FlowSteering? { team.steering }

  /// What is not as it was asked for, for the report.
  func takeNotes() -> [String] { (team.steering?.circumstances ?? []) + (team.steering?.takeRemarks() ?? []) }
}
