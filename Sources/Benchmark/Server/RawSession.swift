import Linux
import Report

/// A test without a control protocol: every connection that does not begin with a cookie, from the first one until none is
/// left, received until end of file.
final class RawSession {
  let test: ReceiveTest
  private let context: ServerContext
  private var hasStarted = false
  /// Why a stream could not be taken in: the figures are not the whole then.
  private var refusal: SystemCallError?

  init(_ context: ServerContext, firstPeer: Socket) {
    self.context = context
    var settings = context.baseSettings
    settings.verify = context.configuration.verify
    test = ReceiveTest(
      kind: .raw, peer: Endpoint(firstPeer.remoteAddress), local: Endpoint(firstPeer.localAddress), cookie: nil,
      settings: settings, configuration: context.testConfiguration, environment: context.environment,
      pattern: settings.verify ? context.pattern() : nil, changed: context.changed,
      zeroCopyTeam: context.zeroCopyTeam, company: context.stage.company, memory: context.memory)
  }

  /// Takes another raw connection in.
  ///
  /// - Parameter identified: the first bytes of its stream, read while it was being identified.
  func admit(_ socket: Socket, identified: IdentifiedBytes, at now: MonotonicTime) {
    guard test.streams.count < ReceiveTest.maximumStreams else {
      context.logger.warning("refused a raw stream: this test has had \(ReceiveTest.maximumStreams) already")
      return
    }
    do throws(SystemCallError) {
      try test.admit(socket, id: nextID, identified: identified)
    } catch {
      context.logger.error("a raw stream was dropped: \(error)")
      refusal = refusal ?? error
    }
    if !hasStarted {
      hasStarted = true
      test.startClock(at: now)
      context.observer.started(test.openingReport())
    }
  }

  private var nextID: Int { context.streamID(at: test.streams.count) }

  var deadline: MonotonicTime? { test.deadline }

  /// Looks at workers, limits and the clock; the finished run once it is over.
  func advance(at now: MonotonicTime) -> FinishedRun? {
    if let interval = test.takeDueSample(at: now) { context.observer.interval(interval) }
    if let failure = test.workerFailure { return end(at: now, Outcome(.failed, reason: failure.description)) }
    test.settleEndedStreams()
    do throws(SystemCallError) {
      try test.tune(at: now)
    } catch {
      return end(at: now, Outcome(.failed, reason: error.description))
    }
    guard test.hasOpenStreams else { return end(at: now, wholeOrFailed) }
    switch test.reachedLimit(at: now) {
    case .duration, .bytes: return end(at: now, wholeOrFailed, leavesUnread: true)
    case .idle(let bytes, let seconds):
      let arrived = bytes == 0 ? "no byte" : "no more than \(bytes.counted("byte"))"
      return end(at: now, Outcome(.partial, reason: "\(arrived) arrived for \(seconds) s (--idle-timeout)"))
    case nil: return nil
    }
  }

  private var wholeOrFailed: Outcome {
    refusal.map { Outcome(.failed, reason: "a stream was dropped: \($0)") } ?? .completed
  }

  func end(at now: MonotonicTime, _ outcome: Outcome, leavesUnread: Bool = false) -> FinishedRun {
    let (report, lastInterval) = test.finish(at: now, outcome: outcome, leavesUnread: leavesUnread)
    if let lastInterval { context.observer.interval(lastInterval) }
    return FinishedRun(report: report)
  }
}
