import Glibc
import IperfProtocol
import Linux
import Logging
import Metering
import Report

/// One test as iperf3's client: connects, asks for the test, sends on its own threads, and exchanges results, on the calling
/// thread. What was measured is reported however it ends.
public final class Client {
  private let configuration: ClientConfiguration
  private let signals: TerminationSignals
  private let observer: any RunObserver
  private let logger: Logger
  private let environment: Environment
  private let changed: EventDescriptor
  private let cookie: Cookie
  private let memory: MemoryWatch?
  private var conversation: ServerConversation?
  private var connector: Connector?
  private var choice: SendChoice
  private var test: SendTest?
  /// This side's figures, once sending has ended.
  private var measured: RunReport?
  private var phase = Phase.greeting
  private var phaseDeadline = MonotonicTime.now()

  private enum Phase {
    /// Waiting for the server to ask for parameters.
    case greeting
    /// Waiting for the server to ask for the streams.
    case parametersSent
    /// Waiting for TEST_START.
    case connected
    /// Waiting for TEST_RUNNING.
    case started
    case running
    /// Waiting for the server to ask for results.
    case ended
    /// Waiting for the server's results.
    case resultsSent
    /// Waiting for DISPLAY_RESULTS.
    case resultsReceived(TestResults)
  }

  /// - Throws: `BenchmarkError` when the machine cannot be described or an event descriptor is refused.
  public init(
    _ configuration: ClientConfiguration, signals: TerminationSignals, observer: any RunObserver, logger: Logger
  ) throws(BenchmarkError) {
    self.configuration = configuration
    choice = SendChoice(named: configuration.method ?? .write)
    self.signals = signals
    self.observer = observer
    self.logger = logger
    environment = Environment.read()
    memory = configuration.metersMemory ? MemoryWatch(MemoryBandwidthMeter.open()) : nil
    var generator = SystemRandomNumberGenerator()
    cookie = Cookie(using: &generator)
    do throws(SystemCallError) {
      changed = try EventDescriptor()
    } catch {
      throw BenchmarkError(error)
    }
  }

  /// Runs the test.
  ///
  /// - Returns: `done` when it went as asked, `failed` when only a partial or failed report could be given.
  /// - Throws: `BenchmarkError` when it fell through before any traffic.
  public func run() throws(BenchmarkError) -> ExitStatus {
    let run = try runTest().run
    observer.finished(run)
    return run.report.outcome.status == .completed ? .done : .failed
  }

  /// The same for a caller that makes several runs and shows them together.
  ///
  /// - Returns: what was measured, and what ended it before its time.
  func runTest() throws(BenchmarkError) -> (run: FinishedRun, error: BenchmarkError?) {
    do throws(BenchmarkError) {
      let results = try exchange()
      return (try account(.completed, results), nil)
    } catch {
      guard test != nil else { throw error }
      let status: Outcome.Status = wasInterrupted ? .partial : .failed
      return (try account(Outcome(status, reason: error.description), receivedResults), error)
    }
  }

  // MARK: The exchange

  private func exchange() throws(BenchmarkError) -> TestResults {
    do throws(SystemCallError) {
      // What this machine refuses must not cost the server a test.
      try configuration.prepare(try Socket(.ipv4))
    } catch {
      throw BenchmarkError(error)
    }
    if let method = configuration.method, let refusal = refusal(of: method) {
      throw BenchmarkError(
        "cannot send with \(method.rawValue): \(refusal)", refusal.meansAbsence ? .notSupported : .failed)
    }
    try DescriptorReserve.check(configuration, descriptor: changed.descriptor.number)
    let connector = try Connector(configuration, signals: signals)
    // Before the server is asked for anything: it serves one test at a time.
    if let memory, !memory.lookAtIdleSecond(signals: signals) {
      throw interrupted(by: signals.next() ?? "a signal")
    }
    let socket = try connector.connect { _ in }
    let conversation = ServerConversation(socket)
    self.connector = connector.narrowed(to: socket)
    self.conversation = conversation
    if configuration.method == nil {
      choice = SendChoice(default: SendChoice.Way(to: socket.remoteAddress), refusal: refusal)
    }
    try conversation.send(cookie.bytes)
    enter(.greeting)
    let channel = conversation.channel
    let epoll = try watch(channel)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    while true {
      if let results = try understand(conversation) { return results }
      do throws(SystemCallError) {
        if channel.hasUnsentBytes { try epoll.modify(socket.number, [.readable, .writable], tag: Tag.control) }
        try epoll.wait(milliseconds: deadline.millisecondsLeft(from: .now()), into: &ready)
        if channel.hasUnsentBytes {
          try channel.flush()
          if !channel.hasUnsentBytes { try epoll.modify(socket.number, .readable, tag: Tag.control) }
        }
      } catch {
        throw BenchmarkError(error)
      }
      for (tag, _) in ready {
        switch tag {
        case Tag.signal: if let signal = signals.next() { try stop(by: signal) }
        case Tag.changed: changed.clear()
        default: break
        }
      }
      if ready.contains(where: { $0.tag == Tag.control }) { try conversation.hear() }
      try advance(at: .now())
    }
  }

  /// Whether this machine's kernel refuses to send this way.
  private func refusal(of method: SendMethod) -> SystemCallError? {
    method.refusal(length: configuration.verify ? Pattern.longestPiece : configuration.length(with: method))
  }

  private func watch(_ channel: ControlChannel) throws(BenchmarkError) -> Epoll {
    do throws(SystemCallError) {
      let epoll = try Epoll()
      try epoll.add(channel.socket.number, .readable, tag: Tag.control)
      try epoll.add(signals.descriptor.number, .readable, tag: Tag.signal)
      try epoll.add(changed.descriptor.number, .readable, tag: Tag.changed)
      return epoll
    } catch {
      throw BenchmarkError(error)
    }
  }

  private enum Tag {
    static let control: UInt64 = 0
    static let signal: UInt64 = 1
    static let changed: UInt64 = 2
  }

  private var deadline: MonotonicTime {
    if case .running = phase, let test { return test.deadline }
    return phaseDeadline
  }

  private func enter(_ next: Phase) {
    phase = next
    phaseDeadline = MonotonicTime.now().adding(seconds: ClientConfiguration.stepTimeout)
  }

  /// Acts on what the server has said; the server's results once the test is over. Each state has its place once, so that
  /// however much a server says, this ends with what has its place or with an error.
  private func understand(_ conversation: ServerConversation) throws(BenchmarkError) -> TestResults? {
    while true {
      if case .resultsSent = phase, conversation.hasResults {
        guard let results = try conversation.takeResults(about: test?.streams.map(\.id) ?? []) else { return nil }
        enter(.resultsReceived(results))
        continue
      }
      guard let state = try conversation.nextState() else { return nil }
      switch (phase, state) {
      case (.greeting, .parameterExchange):
        try conversation.send(MessageFrame.encode(TestParameters(configuration, method: choice.method).json))
        enter(.parametersSent)
      case (.parametersSent, .createStreams):
        try connectStreams()
        enter(.connected)
      case (.connected, .testStart):
        enter(.started)
      case (.started, .testRunning):
        try startSending()
      case (.ended, .exchangeResults):
        try conversation.send(MessageFrame.encode(TestResults(sender: test, report: measured).json))
        enter(.resultsSent)
      case (.resultsReceived(let results), .displayResults):
        try conversation.send([ControlState.iperfDone.byte])
        return results
      case (_, .accessDenied):
        throw BenchmarkError("the server is busy running a test; try again later", because: .busy)
      case (_, .serverTerminate):
        wasInterrupted = true
        throw BenchmarkError("the server has terminated the test")
      case (_, .serverError):
        throw conversation.refusal()
      default:
        throw BenchmarkError("the server sent \(state) where it has no place")
      }
    }
  }

  private func connectStreams() throws(BenchmarkError) {
    guard let connector, let conversation else { return }
    let deadline = MonotonicTime.now().adding(seconds: ClientConfiguration.stepTimeout)
    var sockets: [(id: Int, socket: Socket)] = []
    for index in 0..<configuration.streams {
      let configuration = configuration
      // All of them within the time of one step: a server that accepts slowly must not add up the waits for each.
      let socket = try connector.connect(until: deadline) { (socket) throws(SystemCallError) in
        try configuration.prepare(socket)
      }
      do throws(SystemCallError) {
        // A fresh connection takes 37 bytes at once: its send buffer is empty.
        _ = try socket.send(cookie.bytes[...])
        try socket.setBlocking(true)
        try socket.setSendTimeout(milliseconds: 50)
      } catch {
        throw BenchmarkError(error)
      }
      sockets.append((StreamNumbering.id(at: index), socket))
    }
    do throws(SystemCallError) {
      test = try SendTest(
        configuration, choice: choice, environment: environment, sockets: sockets,
        endpoints: (
          Endpoint(conversation.channel.socket.localAddress),
          Endpoint(host: configuration.host, port: configuration.port), cookie.text
        ), changed: changed, memory: memory)
    } catch {
      throw BenchmarkError(error)
    }
  }

  // MARK: Sending

  private func startSending() throws(BenchmarkError) {
    guard let test else { return }
    observer.started(test.openingReport())
    do throws(SystemCallError) {
      try test.start()
    } catch {
      throw BenchmarkError(error)
    }
    phase = .running
  }

  private func advance(at now: MonotonicTime) throws(BenchmarkError) {
    guard case .running = phase, let test else {
      if now >= phaseDeadline {
        throw BenchmarkError("the server was silent for \(Int(ClientConfiguration.stepTimeout)) s")
      }
      return
    }
    switch test.ending(at: now) {
    case .completed?:
      measure(test)
      try conversation?.send([ControlState.testEnd.byte])
      enter(.ended)
    case .failed(let reason)?:
      // A stream that breaks is often the echo of something the server has just said.
      try hearReason()
      throw BenchmarkError(reason)
    case nil:
      // The last sample is taken when sending has stopped, so that the sum of all is the whole.
      if let interval = test.takeDueSample(at: now) { observer.interval(interval) }
    }
  }

  /// Throws what the server says, if it says something within a moment.
  private func hearReason() throws(BenchmarkError) {
    guard let conversation else { return }
    let limit = MonotonicTime.now().adding(seconds: 0.2)
    while MonotonicTime.now() < limit {
      try conversation.hear()
      _ = try understand(conversation)
      usleep(5000)
    }
  }

  /// Ends sending and puts this side's figures together.
  private func measure(_ test: SendTest) {
    test.stop()
    let (report, lastInterval) = test.finish(at: .now())
    if let lastInterval { observer.interval(lastInterval) }
    measured = report
  }

  /// With -t 0 the first signal is the end that the user asked for; otherwise it ends the test before its time.
  private func stop(by signal: String) throws(BenchmarkError) {
    guard case .running = phase, let test, test.end() else { throw interrupted(by: signal) }
  }

  private func interrupted(by signal: String) -> BenchmarkError {
    wasInterrupted = true
    return BenchmarkError("interrupted by \(signal)", because: .interrupted)
  }

  private var wasInterrupted = false

  private var receivedResults: TestResults? {
    if case .resultsReceived(let results) = phase { return results }
    return nil
  }

  // MARK: The report

  private func account(_ outcome: Outcome, _ results: TestResults?) throws(BenchmarkError) -> FinishedRun {
    if measured == nil, let test { measure(test) }
    guard var report = measured, let test else { throw BenchmarkError("the test ended before it began") }
    if outcome.status != .completed { tellServer() }
    report.outcome = outcome
    report.controlMss = conversation.flatMap { try? UInt32(clamping: $0.channel.socket.maximumSegmentSize()) }
    if let results { report.add(receiversAccount: results) }
    let transmit = test.settle()
    report.transmit = transmit
    report.notes += transmit.notes(on: SendChoice.Way(to: conversation?.channel.socket.remoteAddress))
    var run = FinishedRun(
      report: report, serverOutputText: results?.serverOutputText, serverOutput: results?.serverOutputJSON)
    run.serverExtras = results?.extras
    return run
  }

  private func tellServer() {
    do throws(BenchmarkError) {
      try conversation?.send([ControlState.clientTerminate.byte])
    } catch {
      logger.debug("the server was not told: \(error)")
    }
  }
}
