import Glibc
import IperfProtocol
import Linux
import Logging
import Metering
import Report

/// The server: accepts, identifies, and runs one test after the other on the calling thread, while workers receive. No peer
/// can end it, make it wait, or make it keep more than a bounded amount.
public final class Server {
  let context: ServerContext
  private let listener: Listener
  private let signals: TerminationSignals
  let epoll: Epoll
  var session = Session.idle
  var lobby = Lobby(openFiles: OpenFileLimit.raise())
  var farewells = LingeringCloses()
  /// What the zero-copy workers read for this thread, by their tokens.
  var ringReaders: [UInt32: RingReader] = [:]
  private var arrivals: UInt64 = 0
  private var lastTest: TestVerdict?
  private var acceptsAgainAt: MonotonicTime?
  /// Until then, being unable to accept is not said again.
  private var quietUntil = MonotonicTime(nanoseconds: 0)
  /// The control connection is watched for room too, because results wait to be sent.
  private var awaitsRoom = false
  /// Set once the server was told to stop: what is left is to say farewell.
  private var stopping: ExitStatus?

  enum Session {
    case idle
    case iperf(IperfSession)
    case raw(RawSession)
  }

  private enum TestVerdict {
    case succeeded
    case failed
  }

  /// Tags of epoll entries that are no connection; connections use their descriptor's number.
  private enum Tag {
    static let signal = UInt64.max
    static let changed = UInt64.max - 1
    static let listener = UInt64.max - 2
    static let zeroCopy = UInt64.max - 3
  }

  /// Listens.
  ///
  /// - Throws: `BenchmarkError` when the port cannot be listened on.
  public init(
    _ configuration: ServerConfiguration, listener: Listener, signals: TerminationSignals, observer: any RunObserver,
    logger: Logger, zeroCopyTeam: ZeroCopyTeam? = nil
  ) throws(BenchmarkError) {
    self.listener = listener
    self.signals = signals
    do throws(SystemCallError) {
      context = try ServerContext(
        configuration: configuration, environment: Environment.read(), observer: observer, logger: logger,
        zeroCopyTeam: zeroCopyTeam, memory: configuration.metersMemory ? MemoryWatch(MemoryBandwidthMeter.open()) : nil)
      epoll = try Epoll()
    } catch {
      throw BenchmarkError(error)
    }
    do throws(SystemCallError) {
      try listener.listen()
      if let socket = listener.socket { try epoll.add(socket.number, .readable, tag: Tag.listener) }
      try epoll.add(signals.descriptor.number, .readable, tag: Tag.signal)
      try epoll.add(context.changed.descriptor.number, .readable, tag: Tag.changed)
      if let zeroCopyTeam {
        try epoll.add(zeroCopyTeam.changed.descriptor.number, .readable, tag: Tag.zeroCopy)
      }
    } catch {
      throw BenchmarkError(error)
    }
  }

  /// Serves until told to stop, or until one test is over when that was asked for.
  ///
  /// - Returns: `done` when it was stopped between tests or its one test succeeded; `failed` otherwise.
  /// - Throws: `BenchmarkError` when waiting for events itself fails.
  public func run() throws(BenchmarkError) -> ExitStatus {
    context.listenWith = { [unowned self] (buffers) throws(SystemCallError) in try listen(with: buffers) }
    context.readThroughRing = { [unowned self] in readThroughRing($0) }
    defer {
      context.listenWith = nil
      context.readThroughRing = nil
    }
    watchMemory(at: .now())
    context.observer.listening(on: Endpoint(listener.localAddress), mode: context.configuration.mode)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    while true {
      do throws(SystemCallError) {
        try epoll.wait(milliseconds: deadline?.millisecondsLeft(from: .now()) ?? -1, into: &ready)
      } catch {
        throw BenchmarkError(error)
      }
      let now = MonotonicTime.now()
      for (tag, _) in ready {
        switch tag {
        case Tag.signal:
          guard let signal = signals.next() else { break }
          if let stopping { return stopping }
          stop(signal, at: now)
        case Tag.changed: context.changed.clear()
        case Tag.listener: acceptConnections(at: now)
        case Tag.zeroCopy: takeZeroCopyNews(at: now)
        default: connectionReady(Int32(truncatingIfNeeded: tag), at: now)
        }
      }
      advance(at: .now())
      watchMemory(at: .now())
      if let stopping, farewells.isEmpty { return stopping }
      if context.configuration.oneOff, let lastTest, case .idle = session, farewells.isEmpty {
        return lastTest == .succeeded ? .done : .failed
      }
    }
  }

  // MARK: Connections

  private func acceptConnections(at now: MonotonicTime) {
    guard let listening = listener.socket else { return }
    do throws(SystemCallError) {
      while let socket = try listening.accept() {
        arrivals += 1
        let pending = PendingConnection(
          socket: socket, arrival: arrivals, deadline: now.adding(seconds: context.configuration.handshakeTimeout))
        guard watch(socket) else { continue }
        if let evicted = lobby.admit(pending) {
          context.logger.warning("dropped a silent connection to make room: \(lobby.capacity) were waiting")
          drop(evicted)
        }
      }
    } catch {
      // Out of descriptors or memory: give running tests the chance to free some instead of spinning.
      if acceptsAgainAt == nil, now >= quietUntil {
        context.logger.error("\(error)")
        quietUntil = now.adding(seconds: 10)
      }
      pauseAccepting(until: now.adding(seconds: 0.1))
    }
  }

  /// The connections to come have `buffers`; those that wait already keep what they have.
  private func listen(with buffers: StreamBuffers) throws(SystemCallError) {
    guard buffers != listener.buffers else { return }
    acceptConnections(at: .now())
    if let socket = listener.socket { unwatch(socket) }
    // Whatever comes of it, somebody listens again.
    defer { resumeAccepting() }
    try listener.reopen(buffers)
  }

  private func connectionReady(_ number: Int32, at now: MonotonicTime) {
    if case .iperf(let session) = session, session.channel.socket.number == number {
      session.controlReady(at: now)
    } else if let pending = lobby.take(number) {
      identify(pending, at: now)
    } else if farewells.isDone(number, isReadByRing: isBiddenFarewellThroughRing(number)) {
      farewells.remove(number)
    }
  }

  func identify(_ pending: PendingConnection, at now: MonotonicTime) {
    var pending = pending
    switch pending.socket.receive(atMost: pending.identifier.wanted) {
    case .nothing:
      lobby.putBack(pending)
    case .bytes(let bytes):
      switch pending.identifier.add(bytes) {
      case .undecided: lobby.putBack(pending)
      case .raw: receiveRaw(pending, at: now)
      case .cookie(let cookie): greet(pending, cookie, at: now)
      }
    case .endOfStream where pending.identifier.bytes.isEmpty:
      context.logger.debug("\(describe(pending.socket)) connected and closed without a byte")
      unwatch(pending.socket)
    case .endOfStream:
      receiveRaw(pending, at: now)
    case .failed(.badAddress) where context.zeroCopyTeam != nil:
      readThroughRing(pending)
    case .failed(let error):
      context.logger.notice(
        "\(describe(pending.socket)) failed after \(pending.identifier.bytes.count.counted("byte")), before it was identified: \(error)"
      )
      unwatch(pending.socket)
    }
  }

  func greet(_ pending: PendingConnection, _ cookie: Cookie, at now: MonotonicTime) {
    switch session {
    case .idle where !isFinished:
      let channel = ControlChannel(pending.socket, inboxLimit: MessageLimits.clientResults + 4)
      session = .iperf(IperfSession(context, channel: channel, cookie: cookie, at: now))
    case .iperf(let running) where running.cookie == cookie:
      unwatch(pending.socket)
      if !running.admit(pending.socket, arrival: pending.arrival, at: now) {
        context.logger.warning("refused a data connection from \(describe(pending.socket)): none is expected")
        deny(pending.socket, at: now)
      }
    default:
      context.logger.warning("\(describe(pending.socket)) was told that the server is busy")
      unwatch(pending.socket)
      deny(pending.socket, at: now)
    }
  }

  func receiveRaw(_ pending: PendingConnection, at now: MonotonicTime) {
    unwatch(pending.socket)
    switch session {
    case .idle where !isFinished:
      let raw = RawSession(context, firstPeer: pending.socket)
      session = .raw(raw)
      raw.admit(pending.socket, identified: pending.identified, at: now)
    case .raw(let raw):
      raw.admit(pending.socket, identified: pending.identified, at: now)
    default:
      context.logger.warning("refused a raw stream from \(describe(pending.socket)): the server is busy with a test")
    }
  }

  /// ACCESS_DENIED, which iperf3 prints as "the server is busy running a test".
  private func deny(_ socket: Socket, at now: MonotonicTime) {
    do throws(SystemCallError) {
      _ = try socket.send([ControlState.accessDenied.byte])
    } catch {
      context.logger.debug("the refused peer is already gone: \(error)")
      return
    }
    closeGently(socket, at: now)
  }

  /// Closing at once with unread bytes would reset the connection, and the peer would lose our last words.
  ///
  /// - Parameter session: its data connections stay open meanwhile, for the same reason.
  private func closeGently(_ socket: Socket, at now: MonotonicTime, keeping session: IperfSession? = nil) {
    socket.shutDown(sending: true, receiving: false)
    guard watch(socket) else { return }
    if let evicted = farewells.add(
      socket, keeping: session, until: now.adding(seconds: LingeringCloses.longest))
    {
      unwatch(evicted)
    }
  }

  func watch(_ socket: Socket) -> Bool {
    do throws(SystemCallError) {
      try epoll.add(socket.number, .readable, tag: UInt64(socket.number))
      return true
    } catch {
      context.logger.error("a connection was dropped: \(error)")
      return false
    }
  }

  func unwatch(_ socket: Socket) {
    do throws(SystemCallError) {
      try epoll.remove(socket.number)
    } catch {
      context.logger.debug("\(error)")
    }
  }

  func describe(_ socket: Socket) -> String {
    guard let address = socket.remoteAddress else { return "a connection that is gone" }
    return "\(address.host) port \(address.port)"
  }

  // MARK: Time

  private var deadline: MonotonicTime? {
    let session: MonotonicTime? =
      switch session {
      case .idle: nil
      case .iperf(let running): running.deadline
      case .raw(let running): running.deadline
      }
    return [session, lobby.deadline, farewells.deadline, acceptsAgainAt, context.memory?.deadline].compactMap { $0 }
      .min()
  }

  /// The machine's memory is looked at for a second while nobody is connected.
  private func watchMemory(at now: MonotonicTime) {
    guard let memory = context.memory else { return }
    if case .idle = session {
      memory.note(isIdle: lobby.isEmpty && farewells.isEmpty && stopping == nil, at: now)
    } else {
      memory.note(isIdle: false, at: now)
    }
  }

  private func advance(at now: MonotonicTime) {
    for expired in lobby.takeExpired(at: now) {
      if let token = expired.reading {
        giveUpReading(expired, token, at: now)
      } else if expired.identifier.bytes.isEmpty {
        context.logger.notice("dropped \(describe(expired.socket)): it connected and sent nothing")
        unwatch(expired.socket)
      } else {
        receiveRaw(expired, at: now)
      }
    }
    farewells.expire(at: now)
    stopReadingFarewells()
    if let again = acceptsAgainAt, now >= again { resumeAccepting() }
    switch session {
    case .idle: break
    case .iperf(let running):
      running.advance(at: now)
      settle(running, at: now)
    case .raw(let running):
      if let run = running.advance(at: now) {
        session = .idle
        show(run)
      }
    }
  }

  private func settle(_ running: IperfSession, at now: MonotonicTime) {
    switch running.takeOutcome() {
    case .finished(let run)?: show(run)
    case .refused(let reason)?:
      lastTest = .failed
      context.observer.refused("\(running.peer.host) port \(running.peer.port): \(reason)")
    case nil: break
    }
    if running.isOver {
      unwatch(running.channel.socket)
      // What the peer said after the end is of no interest; the connection may linger.
      running.channel.inbox = []
      bidFarewellThroughRing(running.channel)
      awaitsRoom = false
      closeGently(running.channel.socket, at: now, keeping: running)
      session = .idle
      do throws(SystemCallError) {
        try listen(with: StreamBuffers(receive: context.configuration.receiveBuffer))
      } catch {
        context.logger.error("the next tests keep the buffers of this one: \(error)")
      }
    } else if running.channel.hasUnsentBytes != awaitsRoom {
      awaitsRoom.toggle()
      setInterest(in: running.channel)
    }
  }

  /// A control connection is watched for room while results wait to be sent, and for bytes unless a ring reads it, which
  /// would never leave any.
  func setInterest(in channel: ControlChannel) {
    var interest: Epoll.Interest = channel.reading == nil ? .readable : []
    if channel.hasUnsentBytes { interest.insert(.writable) }
    do throws(SystemCallError) {
      try epoll.modify(channel.socket.number, interest, tag: UInt64(channel.socket.number))
    } catch {
      context.logger.error("the control connection cannot be watched: \(error)")
    }
  }

  private func show(_ run: FinishedRun) {
    lastTest = run.report.outcome.status == .completed ? .succeeded : .failed
    context.observer.finished(run)
  }

  /// Its one test is over, and it only says its farewells.
  private var isFinished: Bool { stopping != nil || context.configuration.oneOff && lastTest != nil }

  private func stop(_ signal: String, at now: MonotonicTime) {
    switch session {
    case .idle:
      stopping = context.configuration.oneOff && lastTest != .succeeded ? .failed : .done
    case .iperf(let running):
      running.interrupt(signal, at: now)
      settle(running, at: now)
      stopping = lastTest == .succeeded ? .done : .failed
    case .raw(let running):
      session = .idle
      show(running.end(at: now, Outcome(.partial, reason: "interrupted by \(signal)")))
      stopping = .failed
    }
    if let socket = listener.socket { unwatch(socket) }
    acceptsAgainAt = nil
  }

  private func pauseAccepting(until time: MonotonicTime) {
    if let socket = listener.socket { unwatch(socket) }
    acceptsAgainAt = time
  }

  private func resumeAccepting() {
    acceptsAgainAt = nil
    if let socket = listener.socket {
      do throws(SystemCallError) {
        try epoll.add(socket.number, .readable, tag: Tag.listener)
      } catch {
        context.logger.error("\(error)")
        acceptsAgainAt = MonotonicTime.now().adding(seconds: 1)
      }
    }
  }
}
