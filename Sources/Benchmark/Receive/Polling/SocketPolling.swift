import Linux
import Report

/// Busy polling of a team's sockets (socket(7), SO_BUSY_POLL).
struct SocketPolling {
  let microseconds: UInt32
  private(set) var outcome = PollingOutcome()

  init(microseconds: UInt32) {
    self.microseconds = microseconds
  }

  mutating func begin(on socket: Socket) {
    do throws(SystemCallError) {
      try socket.setBusyPoll(microseconds: Int32(clamping: microseconds))
      if outcome.method == nil { outcome.method = .sockets }
    } catch {
      outcome.note("a socket does not poll: \(error)")
      return
    }
    do throws(SystemCallError) {
      try socket.preferBusyPoll()
    } catch {
      outcome.note("interrupts are not held back meanwhile: \(error)")
    }
  }

  /// What the sockets came to, with what the workers' waits did.
  func outcome(with waits: PollingOutcome) -> PollingOutcome {
    var outcome = outcome
    if outcome.method != nil, let method = waits.method { outcome.method = method }
    for refusal in waits.refusals { outcome.note(refusal) }
    return outcome
  }
}
