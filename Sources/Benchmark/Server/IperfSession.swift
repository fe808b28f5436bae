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
  private let context: ServerContext
  private let peer: Endpoint
  private let local: Endpoint
  private var phase = Phase.parameters
  private var phaseDeadline: MonotonicTime?
  private var parameters: TestParameters?
  /// A test that this side ended: its connections must outlive our last words, or the client sees only a reset.
  private var endedEarly: ReceiveTest?
  /// What the session has to show, until the server takes it.
  private var outcome: SessionOutcome?

  private enum Phase {
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

  private struct AwaitedStreams {
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
    let progress = channel.receive()
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
      case .bytes(let bytes): cut(test, "the server's limit of \(bytes) bytes (-n) was reached", at: now)
      case .idle(let seconds): cut(test, "no byte arrived for \(seconds) s (--idle-timeout)", at: now)
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

  /// The server was told to stop.
  func interrupt(_ signal: String, at now: MonotonicTime) {
    switch phase {
    case .running(let test), .results(let test, _), .draining(let test, _, _):
      terminate(test, at: now, Outcome(.partial, reason: "interrupted by \(signal)"))
    case .displaying, .over:
      // A session that has just ended keeps what it has to show.
      phase = .over
    case .parameters, .streams:
      refuse("interrupted by \(signal)", telling: .serverTerminate)
    }
  }

  // MARK: The exchange

  private func understand(at now: MonotonicTime) throws(BenchmarkError) {
    while true {
      switch phase {
      case .parameters:
        guard let json = try takeParameters() else { return }
        try askForStreams(json, at: now)
      case .streams, .draining:
        guard let state = try takeState() else { return }
        throw unexpected(state)
      case .running(let test):
        guard let state = try takeState() else { return }
        guard state == .testEnd else { throw unexpected(state) }
        try askForResults(test, at: now)
      case .results(let test, let end):
        guard let json = try channel.takeMessage(limit: MessageLimits.clientResults, limits: .clientResults) else {
          return
        }
        try startDraining(test, end, json)
      case .displaying:
        guard try takeState() != nil else { return }
        phase = .over
      case .over:
        return
      }
    }
  }

  /// The client's parameters; nil until they have arrived whole, or when they were refused.
  private func takeParameters() throws(BenchmarkError) -> JSONValue? {
    do throws(BenchmarkError) {
      return try channel.takeMessage(limit: MessageLimits.parameters, limits: .parameters)
    } catch {
      refuse("the client's parameters are refused: \(error)", telling: .serverError, code: .receiveParameters)
      return nil
    }
  }

  private func takeState() throws(BenchmarkError) -> ControlState? {
    do throws(ProtocolError) {
      return try channel.takeState()
    } catch {
      throw BenchmarkError(error.description)
    }
  }

  private func unexpected(_ state: ControlState) -> BenchmarkError {
    BenchmarkError(
      state == .clientTerminate ? "the client has terminated" : "the client sent \(state) where it has no place")
  }

  private func askForStreams(_ json: JSONValue, at now: MonotonicTime) throws(BenchmarkError) {
    let parameters: TestParameters
    do throws(ProtocolError) {
      parameters = try TestParameters(json: json)
    } catch {
      refuse("the client's parameters are refused: \(error)", telling: .serverError, code: error.code)
      return
    }
    if let unsupported = parameters.unsupported {
      refuse(
        "the client asked for what zcrx-bench does not do: \(unsupported.reason)", telling: .serverError,
        code: unsupported.code)
      return
    }
    if let refusal = verificationRefusal(parameters) {
      refuse(refusal, telling: .serverError, code: .notImplemented)
      return
    }
    self.parameters = parameters
    phase = .streams(AwaitedStreams(count: parameters.parallel))
    try say(.createStreams)
    expectWithinHandshakeTime(from: now)
  }

  /// Why a test that is to be verified cannot be; nil when it can or need not.
  private func verificationRefusal(_ parameters: TestParameters) -> String? {
    guard context.configuration.verify || parameters.wantsVerification else { return nil }
    if context.configuration.mode.mode == .discard {
      return "--verify is refused: in discard mode no byte is received into user memory"
    }
    return parameters.sendsPattern
      ? nil : "--verify is refused: a stock iperf3 sends random bytes; use zcrx-bench client --verify, or a raw sender"
  }

  private func startTest(_ awaited: AwaitedStreams, at now: MonotonicTime) throws(BenchmarkError) {
    guard let parameters else { return }
    let settings = context.settings(for: parameters)
    let test = ReceiveTest(
      kind: .iperf3, peer: peer, local: local, cookie: cookie.text, settings: settings,
      configuration: context.configuration, environment: context.environment,
      pattern: settings.verify ? context.pattern() : nil, changed: context.changed)
    if let congestion = parameters.congestion {
      do throws(SystemCallError) {
        for entry in awaited.sockets { try entry.socket.setCongestionControl(congestion) }
      } catch {
        refuse(error.description, telling: .serverError, code: .congestion, errno: error.errno.rawValue)
        return
      }
    }
    do throws(SystemCallError) {
      let ordered = awaited.sockets.sorted { $0.arrival < $1.arrival }
      for (index, entry) in ordered.enumerated() {
        if let bytes = context.configuration.receiveBuffer ?? parameters.window.map({ Int32(clamping: $0) }) {
          try entry.socket.setReceiveBuffer(bytes)
          try entry.socket.setSendBuffer(bytes)
        }
        try test.admit(entry.socket, id: context.streamID(at: index), identified: [])
      }
    } catch {
      _ = test.finish(at: now, outcome: .completed)
      refuse(error.description, telling: .serverError, code: .setBuffer, errno: error.errno.rawValue)
      return
    }
    phase = .running(test)
    phaseDeadline = nil
    test.startClock(at: now)
    try say(.testStart)
    try say(.testRunning)
    context.observer.started(test.openingReport())
  }

  private func tune(_ test: ReceiveTest, at now: MonotonicTime) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try test.tune(at: now)
    } catch {
      throw BenchmarkError(error)
    }
  }

  private func askForResults(_ test: ReceiveTest, at now: MonotonicTime) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try test.prepareToDrain()
    } catch {
      throw BenchmarkError(error)
    }
    phase = .results(test, TestEnd(at: now, bytes: test.bytes))
    try say(.exchangeResults)
    expectWithinHandshakeTime(from: now)
  }

  private func startDraining(_ test: ReceiveTest, _ end: TestEnd, _ json: JSONValue) throws(BenchmarkError) {
    let results: TestResults
    do throws(ProtocolError) {
      results = try TestResults(json: json)
    } catch {
      throw BenchmarkError("the client's results are not usable: \(error)")
    }
    if let problem = results.mismatch(with: test.streams.map(\.id)) {
      throw BenchmarkError("the client's results are not usable: \(problem)")
    }
    var end = end
    end.clientResults = results
    let drain = StreamDrain(
      results, omits: test.settings.omit > 0, streams: test.streams, testEnd: end, now: .now())
    phase = .draining(test, end, drain)
    advance(at: .now())
  }

  private func conclude(_ test: ReceiveTest, _ end: TestEnd, _ drain: StreamDrain) throws(BenchmarkError) {
    let run = finish(test, at: drain.lastByteAt, .completed, end: end, notes: drain.shortfalls(test.streams))
    phase = .displaying
    expectWithinHandshakeTime(from: .now())
    try sendResults(run, end)
  }

  private func sendResults(_ run: FinishedRun, _ end: TestEnd) throws(BenchmarkError) {
    let isOurs = end.clientResults?.extras != nil
    let wanted = parameters?.getServerOutput ?? false
    let output = wanted ? context.output(of: run, asJSON: isOurs || context.configuration.reportsJSON) : run
    let results = TestResults(run.report, detailed: isOurs, output: output)
    do throws(SystemCallError) {
      try channel.send(MessageFrame.encode(results.json))
    } catch {
      throw BenchmarkError("the client did not take the results: \(error)")
    }
    try say(.displayResults)
  }

  // MARK: Ends

  private func finish(
    _ test: ReceiveTest, at end: MonotonicTime, _ outcome: Outcome, end testEnd: TestEnd? = nil, notes: [String] = []
  ) -> FinishedRun {
    var (report, lastInterval) = test.finish(at: end, outcome: outcome)
    if let lastInterval { context.observer.interval(lastInterval) }
    report.notes += notes + (parameters?.ignored ?? [])
    if let results = testEnd?.clientResults { report.add(sendersAccount: results) }
    let run = FinishedRun(report: report)
    self.outcome = .finished(run)
    return run
  }

  private func cut(_ test: ReceiveTest, _ reason: String, at now: MonotonicTime) {
    terminate(test, at: now, Outcome(.partial, reason: reason))
  }

  private func terminate(_ test: ReceiveTest, at now: MonotonicTime, _ outcome: Outcome) {
    _ = finish(test, at: now, outcome)
    endedEarly = test
    farewell([ControlState.serverTerminate.byte])
  }

  /// The client left, broke the protocol or fell silent.
  private func peerIsGone(_ reason: String, at now: MonotonicTime) {
    switch phase {
    case .running(let test):
      _ = finish(test, at: now, Outcome(.partial, reason: reason))
      farewell([])
    case .results(let test, let end), .draining(let test, let end, _):
      _ = finish(test, at: end.at, Outcome(.partial, reason: reason), end: end)
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

  private func refuse(
    _ reason: String, telling state: ControlState?, code: IperfErrorCode = .notImplemented, errno: Int32 = 0
  ) {
    outcome = .refused(reason)
    switch state {
    case .serverError?: farewell(ServerErrorMessage(code: code, errno: errno).bytes)
    case let state?: farewell([state.byte])
    case nil: farewell([])
    }
  }

  /// Last words, as far as the peer still listens.
  private func farewell(_ bytes: [UInt8]) {
    phase = .over
    guard !bytes.isEmpty else { return }
    do throws(SystemCallError) {
      try channel.send(bytes)
    } catch {
      context.logger.debug("the peer did not hear why: \(error)")
    }
  }

  private func say(_ state: ControlState) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try channel.send(state)
    } catch {
      throw BenchmarkError("the control connection failed: \(error)")
    }
  }

  private func expectWithinHandshakeTime(from now: MonotonicTime) {
    phaseDeadline = now.adding(seconds: context.configuration.handshakeTimeout)
  }

  private func attempt(at now: MonotonicTime, _ body: () throws(BenchmarkError) -> Void) {
    do throws(BenchmarkError) {
      try body()
    } catch {
      peerIsGone(error.description, at: now)
    }
  }
}

/// How a session ended, for the server to show.
enum SessionOutcome {
  case finished(FinishedRun)
  /// It ended before any traffic.
  case refused(String)
}

/// When the client ended the test, and what it says of it.
struct TestEnd {
  let at: MonotonicTime
  /// When the last byte was seen to have arrived, or the end of the test when that was later.
  private(set) var lastByteAt: MonotonicTime
  /// Received by then.
  private(set) var bytes: UInt64
  var clientResults: TestResults?

  init(at time: MonotonicTime, bytes: UInt64) {
    at = time
    lastByteAt = time
    self.bytes = bytes
  }

  mutating func note(_ bytes: UInt64, at now: MonotonicTime) {
    guard bytes != self.bytes else { return }
    self.bytes = bytes
    lastByteAt = now
  }
}
