import IperfProtocol
import Linux
import Report

/// How a session ends: as it should, cut short from this side, or because the client is gone.
extension IperfSession {
  func finish(
    _ test: ReceiveTest, at end: MonotonicTime, _ outcome: Outcome, end testEnd: TestEnd? = nil,
    drain: StreamDrain? = nil
  ) -> FinishedRun {
    var (report, lastInterval) = test.finish(at: end, outcome: outcome)
    if let lastInterval { context.observer.interval(lastInterval) }
    // What a worker brought until it had stopped is in the figures, and so in what is said of them.
    report.notes += (drain?.differences(test.streams) ?? []) + (parameters?.ignored ?? [])
    report.judgeVerification(unchecked: drain?.unchecked(of: test.streams) ?? 0)
    if let results = testEnd?.clientResults { report.add(sendersAccount: results) }
    let run = FinishedRun(report: report)
    self.outcome = .finished(run)
    return run
  }

  func cut(_ test: ReceiveTest, _ reason: String, at now: MonotonicTime) {
    terminate(test, at: now, Outcome(.partial, reason: reason))
  }

  func terminate(_ test: ReceiveTest, at now: MonotonicTime, _ outcome: Outcome) {
    _ = finish(test, at: now, outcome)
    endedEarly = test
    farewell([ControlState.serverTerminate.byte])
  }

  /// The client left, broke the protocol or fell silent.
  func peerIsGone(_ reason: String, at now: MonotonicTime) {
    switch phase {
    case .running(let test):
      _ = finish(test, at: now, Outcome(.partial, reason: reason))
      farewell([])
    case .results(let test, let end):
      _ = finish(test, at: end.at, Outcome(.partial, reason: reason), end: end)
      farewell([])
    case .draining(let test, let end, let drain):
      _ = finish(test, at: end.at, Outcome(.partial, reason: reason), end: end, drain: drain)
      farewell([])
    case .displaying:
      // It has everything; a stock client that just closes is no failure.
      phase = .over
    case .parameters, .streams:
      refuse(reason, telling: nil)
    case .over:
      break
    }
  }

  func refuse(
    _ reason: String, telling state: ControlState?, code: IperfErrorCode = .notImplemented, errno: Int32 = 0
  ) {
    outcome = .refused(reason)
    if isOfOurClient { context.lastRefusal = reason }
    switch state {
    case .serverError?: farewell(ServerErrorMessage(code: code, errno: errno).bytes)
    case let state?: farewell([state.byte])
    case nil: farewell([])
    }
  }

  /// Last words, as far as the peer still listens.
  func farewell(_ bytes: [UInt8]) {
    phase = .over
    guard !bytes.isEmpty else { return }
    do throws(SystemCallError) {
      try channel.send(bytes)
    } catch {
      context.logger.debug("the peer did not hear why: \(error)")
    }
  }

  func say(_ state: ControlState) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try channel.send(state)
    } catch {
      throw BenchmarkError("the control connection failed: \(error)")
    }
  }

  func expectWithinHandshakeTime(from now: MonotonicTime) {
    phaseDeadline = now.adding(seconds: context.configuration.handshakeTimeout)
  }

  func attempt(at now: MonotonicTime, _ body: () throws(BenchmarkError) -> Void) {
    do throws(BenchmarkError) {
      try body()
    } catch {
      peerIsGone(error.description, at: now)
    }
  }
}
