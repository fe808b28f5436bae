import BoundedJSON
import IperfProtocol
import Linux
import Report

/// What is said in which phase.
extension IperfSession {
  func understand(at now: MonotonicTime) throws(BenchmarkError) {
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
  func takeParameters() throws(BenchmarkError) -> JSONValue? {
    do throws(BenchmarkError) {
      return try channel.takeMessage(limit: MessageLimits.parameters, limits: .parameters)
    } catch {
      refuse("the client's parameters are refused: \(error)", telling: .serverError, code: .receiveParameters)
      return nil
    }
  }

  func takeState() throws(BenchmarkError) -> ControlState? {
    do throws(ProtocolError) {
      return try channel.takeState()
    } catch {
      throw BenchmarkError(error.description)
    }
  }

  func unexpected(_ state: ControlState) -> BenchmarkError {
    BenchmarkError(
      state == .clientTerminate || state == .iperfDone
        ? "the client gave the test up" : "the client sent \(state) where it has no place")
  }

  func askForStreams(_ json: JSONValue, at now: MonotonicTime) throws(BenchmarkError) {
    let parameters: TestParameters
    do throws(ProtocolError) {
      parameters = try TestParameters(json: json)
    } catch {
      refuse("the client's parameters are refused: \(error)", telling: .serverError, code: error.code)
      return
    }
    isOfOurClient = parameters.extras != nil
    if let unsupported = parameters.unsupported {
      refuse(
        "the client asked for what zcrx-bench does not do: \(unsupported.reason)", telling: .serverError,
        code: unsupported.code)
      return
    }
    if let refusal = verificationRefusal(parameters) ?? changeRefusal(parameters) {
      refuse(refusal, telling: .serverError, code: .notImplemented)
      return
    }
    let window = parameters.window.map { Int32(clamping: $0) }
    do throws(SystemCallError) {
      try context.listenWith?(StreamBuffers(receive: context.configuration.receiveBuffer ?? window, send: window))
    } catch {
      refuse(error.description, telling: .serverError, code: .bufferSizeDiffers, errno: error.errno.rawValue)
      return
    }
    self.parameters = parameters
    if !parameters.asksForModes { context.lastRefusal = nil }
    phase = .streams(AwaitedStreams(count: parameters.parallel))
    try say(.createStreams)
    expectWithinHandshakeTime(from: now)
  }

  /// Goes over to how this test is received: as the client asks for, or as the server was started.
  ///
  /// - Returns: why it cannot be.
  func changeRefusal(_ parameters: TestParameters) -> String? {
    do throws(BenchmarkError) {
      let wish = try ReceiveWish(parameters)
      try context.enter(try context.stage.setting(wish, streams: parameters.parallel))
      return nil
    } catch {
      return error.description
    }
  }

  /// Why a test that is to be verified cannot be; nil when it can or need not.
  func verificationRefusal(_ parameters: TestParameters) -> String? {
    guard context.configuration.verify || parameters.wantsVerification else { return nil }
    let wished = try? ReceiveWish(parameters).mode
    if (wished ?? context.stage.own.mode) == .discard {
      return "--verify is refused: in discard mode no byte is received into user memory"
    }
    if parameters.sendsPattern { return nil }
    return parameters.extras == nil
      ? "--verify is refused: a stock iperf3 sends random bytes; use zcrx-bench client --verify, or a raw sender"
      : "--verify is refused: the client does not send the pattern; start it with --verify too"
  }

  func startTest(_ awaited: AwaitedStreams, at now: MonotonicTime) throws(BenchmarkError) {
    guard let parameters else { return }
    let settings = context.settings(for: parameters)
    let test = ReceiveTest(
      kind: .iperf3, peer: peer, local: local, cookie: cookie.text, settings: settings,
      configuration: context.testConfiguration, environment: context.environment,
      pattern: settings.verify ? context.pattern() : nil, changed: context.changed,
      zeroCopyTeam: context.zeroCopyTeam, company: context.stage.company, memory: context.memory)
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
        try test.admit(entry.socket, id: context.streamID(at: index), identified: IdentifiedBytes())
      }
    } catch {
      _ = test.finish(at: now, outcome: .completed)
      // What else may fail is a thread, a ring or a descriptor that this machine does not give.
      let code: IperfErrorCode = error.call == "setsockopt" ? .setBuffer : .createStream
      refuse(error.description, telling: .serverError, code: code, errno: error.errno.rawValue)
      return
    }
    phase = .running(test)
    phaseDeadline = nil
    test.startClock(at: now)
    try say(.testStart)
    try say(.testRunning)
    context.observer.started(test.openingReport())
  }

  func tune(_ test: ReceiveTest, at now: MonotonicTime) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try test.tune(at: now)
    } catch {
      throw BenchmarkError(error)
    }
  }

  func askForResults(_ test: ReceiveTest, at now: MonotonicTime) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try test.prepareToDrain()
    } catch {
      throw BenchmarkError(error)
    }
    phase = .results(test, TestEnd(at: now, bytes: test.bytes))
    try say(.exchangeResults)
    expectWithinHandshakeTime(from: now)
  }

  func startDraining(_ test: ReceiveTest, _ end: TestEnd, _ json: JSONValue) throws(BenchmarkError) {
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
      results, omits: test.settings.omit > 0, undercount: parameters?.undercount,
      idleTimeout: test.settings.verify ? context.configuration.idleTimeout : nil, streams: test.streams,
      testEnd: end, now: .now())
    phase = .draining(test, end, drain)
    advance(at: .now())
  }

  func conclude(_ test: ReceiveTest, _ end: TestEnd, _ drain: StreamDrain) throws(BenchmarkError) {
    let run = finish(test, at: drain.lastByteAt, .completed, end: end, drain: drain)
    phase = .displaying
    expectWithinHandshakeTime(from: .now())
    try sendResults(run, end)
  }

  func sendResults(_ run: FinishedRun, _ end: TestEnd) throws(BenchmarkError) {
    let isOurs = end.clientResults?.extras != nil
    let wanted = parameters?.getServerOutput ?? false
    let run = context.shared(run)
    let output = wanted ? context.output(of: run, asJSON: isOurs || context.configuration.reportsJSON) : run
    var results = TestResults(run.report, detailed: isOurs, output: output)
    if isOurs, parameters?.asksForModes ?? false { tellModes(in: &results) }
    do throws(SystemCallError) {
      try channel.send(MessageFrame.encode(results.json))
    } catch {
      throw BenchmarkError("the client did not take the results: \(error)")
    }
    try say(.displayResults)
  }
  /// What the client may ask for, and why its last test was refused.
  func tellModes(in results: inout TestResults) {
    results.extras?[Extras.modes] = context.stage.offer
    results.extras?[Extras.lastRefusal] = context.lastRefusal.map { .string($0) }
    context.lastRefusal = nil
  }
}
