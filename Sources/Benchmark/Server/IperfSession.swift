import BoundedJSON
import IperfProtocol
import Linux
import Report

/// One test under iperf3's control protocol, from the client's cookie to IPERF_DONE (reference: iperf3's own exchange, see
/// docs/protocol.md). It never waits: the server calls it when the control connection is ready, when a data connection has
/// been identified, and when its deadline has come.
final class IperfSession {
  let cookie: Cookie
  let channel: ControlChannel
  let context: ServerContext
  let peer: Endpoint
  let local: Endpoint
  var phase = Phase.parameters {
    didSet {
      if case .over = phase, case .streams = oldValue { endedAwaitingStreams = true }
    }
  }
  var phaseDeadline: MonotonicTime?
  var parameters: TestParameters?
  /// The client is zcrx-bench: what it is refused is told when it asks.
  var isOfOurClient = false
  /// It ended while data connections were still to come.
  private(set) var endedAwaitingStreams = false
  /// A test that this side ended: its connections must outlive our last words, or the client sees only a reset.
  var endedEarly: ReceiveTest?
  /// What the session has to show, until the server takes it.
  var outcome: SessionOutcome?

  enum Phase {
    case parameters
    case streams(AwaitedStreams)
    case running(ReceiveTest)
    /// TEST_END has come; the client's results have not.
    case results(ReceiveTest, TestEnd)
    case draining(ReceiveTest, TestEnd, StreamDrain)
    /// The client has our results and is expected to say IPERF_DONE.
    case displaying
    case over
  }

  struct AwaitedStreams {
    let count: Int
    var sockets: [(arrival: UInt64, socket: Socket)] = []
  }

  init(_ context: ServerContext, channel: ControlChannel, cookie: Cookie, at now: MonotonicTime) {
    self.context = context
    self.channel = channel
    self.cookie = cookie
    peer = Endpoint(channel.socket.remoteAddress)
    local = Endpoint(channel.socket.localAddress)
    attempt(at: now) { () throws(BenchmarkError) in
      try self.say(.parameterExchange)
      self.expectWithinHandshakeTime(from: now)
    }
  }

  // MARK: What the server asks

  /// The test that is under way.
  var test: ReceiveTest? {
    switch phase {
    case .running(let test), .results(let test, _), .draining(let test, _, _): test
    case .parameters, .streams, .displaying, .over: nil
    }
  }

  var isOver: Bool {
    if case .over = phase { return true }
    return false
  }

  var deadline: MonotonicTime? {
    switch phase {
    case .running(let test): test.deadline
    case .draining(_, _, let drain): drain.deadline
    // What is still under way is watched, so that the end of the test is the last byte's arrival.
    case .results: min(phaseDeadline ?? .now(), MonotonicTime.now().adding(seconds: StreamDrain.step))
    default: phaseDeadline
    }
  }

  /// The finished run or the refusal, once.
  func takeOutcome() -> SessionOutcome? {
    defer { outcome = nil }
    return outcome
  }

  // MARK: What the server tells

  /// A data connection that gave this session's cookie. False when none is expected (any more).
  func admit(_ socket: Socket, arrival: UInt64, at now: MonotonicTime) -> Bool {
    guard case .streams(var awaited) = phase, awaited.sockets.count < awaited.count else { return false }
    awaited.sockets.append((arrival, socket))
    phase = .streams(awaited)
    if awaited.sockets.count == awaited.count {
      attempt(at: now) { () throws(BenchmarkError) in try self.startTest(awaited, at: now) }
    }
    return true
  }

  /// The control connection can be read or written.
  func controlReady(at now: MonotonicTime) {
    var progress = ControlChannel.Progress.open
    if channel.reading == nil {
      progress = channel.receive()
      if progress == .failed(.badAddress), context.readThroughRing?(channel) ?? false { progress = .open }
    }
    go(on: progress, at: now)
  }

  /// Understands what has arrived, and what became of the control connection.
  func go(on progress: ControlChannel.Progress, at now: MonotonicTime) {
    attempt(at: now) { () throws(BenchmarkError) in
      do throws(SystemCallError) {
        try self.channel.flush()
      } catch {
        throw BenchmarkError("the control connection failed: \(error)")
      }
      try self.understand(at: now)
    }
    guard !isOver else { return }
    switch progress {
    case .open: break
    case .closed: peerIsGone("the client closed the control connection", at: now)
    case .failed(let error): peerIsGone("the control connection failed: \(error)", at: now)
    }
  }

  /// Time has passed or a worker has reported.
  func advance(at now: MonotonicTime) {
    switch phase {
    case .running(let test):
      if let interval = test.takeDueSample(at: now) { context.observer.interval(interval) }
      if let failure = test.workerFailure {
        terminate(test, at: now, Outcome(.failed, reason: failure.description))
        return
      }
      test.settleEndedStreams()
      attempt(at: now) { () throws(BenchmarkError) in try self.tune(test, at: now) }
      guard !isOver else { return }
      switch test.reachedLimit(at: now) {
      case .duration(let seconds): cut(test, "the server's limit of \(seconds) s (-t) was reached", at: now)
      case .bytes(let bytes): cut(test, "the server's limit of \(bytes.counted("byte")) (-n) was reached", at: now)
      case .idle(_, let seconds): cut(test, "no byte arrived for \(seconds) s (--idle-timeout)", at: now)
      case nil: break
      }
    case .draining(let test, let end, var drain):
      test.settleEndedStreams()
      if drain.isDone(test.streams, at: now) {
        attempt(at: now) { () throws(BenchmarkError) in try self.conclude(test, end, drain) }
      } else {
        phase = .draining(test, end, drain)
      }
    default:
      if case .results(let test, var end) = phase {
        end.note(test.bytes, at: now)
        phase = .results(test, end)
      }
      if let phaseDeadline, now >= phaseDeadline {
        peerIsGone("the client was silent for \(context.configuration.handshakeTimeout) s", at: now)
      }
    }
  }

  /// The server stops.
  func interrupt(because reason: String, at now: MonotonicTime) {
    switch phase {
    case .running(let test), .results(let test, _), .draining(let test, _, _):
      terminate(test, at: now, Outcome(.partial, reason: reason))
    case .displaying, .over:
      // A session that has just ended keeps what it has to show.
      phase = .over
    case .parameters, .streams:
      refuse(reason, telling: .serverTerminate)
    }
  }
}
