import Linux

/// Connections whose bytes lie in the memory of a zero-copy queue: a flow rule made by hand catches everything that goes to
/// the port, a control connection too. recv() refuses them with EFAULT, and the queue's own ring reads them instead.
extension Server {
  enum RingReader {
    /// A connection that is being identified, by its socket's number.
    case pending(Int32)
    case control
    /// A control connection that was told goodbye.
    case farewell(Int32)
  }

  /// Bytes of a control connection asked for at a time; TCP holds the peer back beyond it.
  private static let controlPiece = 65_536

  func takeZeroCopyNews(at now: MonotonicTime) {
    for team in [context.stage.device, context.stage.deviceless] { team?.changed.clear() }
    guard let team = context.zeroCopyTeam else { return }
    for news in team.takeNews() {
      switch news {
      case .bytes(let token, let bytes, let copied): take(bytes, copied, readAs: token, at: now)
      case .readingEnded(let token, let end): reading(token, ended: end, at: now)
      case .misplaced(let flow): runningTest?.zeroCopy?.moveOn(flow)
      case .stranded(let flow): runningTest?.zeroCopy?.goOnByCopy(flow)
      }
    }
  }

  /// Sets again what a reset has made the device forget, and has the running test say so.
  func renewSettings() {
    let forgotten = context.stage.device?.renew() ?? []
    guard !forgotten.isEmpty else { return }
    let note = "the device was reset, it seems: " + forgotten.joined(separator: "; ")
    context.logger.warning("\(note)")
    runningTest?.zeroCopy?.note(note)
  }

  private var runningTest: ReceiveTest? {
    switch session {
    case .idle: nil
    case .raw(let raw): raw.test
    case .iperf(let iperf): iperf.test
    }
  }

  // MARK: Identifying

  func readThroughRing(_ pending: PendingConnection) {
    var pending = pending
    unwatch(pending.socket)
    guard
      let token = context.zeroCopyTeam?.read(
        pending.socket, limit: pending.identifier.wanted, attempt: pending.readings)
    else { return }
    pending.reading = token
    ringReaders[token] = .pending(pending.socket.number)
    lobby.putBack(pending)
  }

  /// Lets go of a connection that had to make room.
  func drop(_ pending: PendingConnection) {
    if let token = pending.reading {
      ringReaders[token] = nil
      context.zeroCopyTeam?.stopReading(token)
    } else {
      unwatch(pending.socket)
    }
  }

  /// Its time is up: what came so far decides, as soon as nothing more can come.
  func giveUpReading(_ pending: PendingConnection, _ token: UInt32, at now: MonotonicTime) {
    var pending = pending
    pending.deadline = now.adding(seconds: 1)
    lobby.putBack(pending)
    context.zeroCopyTeam?.stopReading(token)
  }

  private func take(_ bytes: [UInt8], _ copied: Int?, readAs token: UInt32, at now: MonotonicTime) {
    switch ringReaders[token] {
    case .pending(let number):
      guard var pending = lobby.take(number) else { return }
      pending.noteBytesByRing(bytes.count, copied: copied)
      pending.verdict = pending.identifier.add(bytes)
      // What is no cookie is payload, and the rest of it belongs to the flow's own receiver.
      switch pending.verdict {
      case .raw, .foreign: context.zeroCopyTeam?.stopReading(token)
      case .undecided, .cookie: break
      }
      lobby.putBack(pending)
    case .control:
      guard case .iperf(let running) = session, running.channel.reading == token else { return }
      running.channel.inbox += bytes
      running.channel.readings = 0
      running.go(on: .open, at: now)
    case .farewell, nil: break
    }
  }

  private func reading(_ token: UInt32, ended end: ReadingEnd, at now: MonotonicTime) {
    let reader = ringReaders.removeValue(forKey: token)
    switch reader {
    case .pending(let number):
      if let pending = lobby.take(number) { conclude(pending, end, at: now) }
    case .control:
      if case .iperf(let running) = session, running.channel.reading == token {
        goOnReading(running, end, at: now)
      }
    case .farewell(let number): farewells.remove(number)
    case nil: break
    }
  }

  private func conclude(_ pending: PendingConnection, _ end: ReadingEnd, at now: MonotonicTime) {
    var pending = pending
    pending.reading = nil
    switch end {
    case .otherRing where pending.readings < context.zeroCopyTeam?.mostReadings ?? 0:
      pending.readings += 1
      // Watched, because reading it takes the watch away.
      if watch(pending.socket) { readThroughRing(pending) }
    case .otherRing:
      context.logger.warning(
        "dropped \(describe(pending.socket)): its first bytes lie where neither recv() nor a queue of ours can read them"
      )
    case .unreadable(let shortage):
      var isAlone = false
      if case .idle = session { isAlone = true }
      failToRead(describe(pending.socket), shortage, isAlone: isAlone)
    case .failed:
      context.logger.notice("\(describe(pending.socket)) failed before it was identified: \(end)")
    case .done, .stopped:
      guard watch(pending.socket) else { return }
      switch pending.verdict {
      case .cookie(let cookie): greet(pending, cookie, at: now)
      case .raw: receiveRaw(pending, at: now)
      case .foreign(let kind): refuse(pending, kind, at: now)
      case .undecided where pending.identifier.bytes.isEmpty:
        context.logger.notice("dropped \(describe(pending.socket)): it connected and sent nothing")
        unwatch(pending.socket)
      case .undecided: receiveRaw(pending, at: now)
      }
    }
  }

  // MARK: Rings that are gone

  /// A team's rings were closed: what they read for this thread goes on with recv(). What still lies in their memory is
  /// lost, and recv() says so.
  func endReadings(of team: ZeroCopyTeam) {
    for case .bytes(let token, let bytes, let copied) in team.takeNews() {
      switch ringReaders[token] {
      case .pending(let number):
        guard var pending = lobby.take(number) else { continue }
        pending.noteBytesByRing(bytes.count, copied: copied)
        pending.verdict = pending.identifier.add(bytes)
        lobby.putBack(pending)
      case .control: runningChannel(token)?.inbox += bytes
      case .farewell, nil: break
      }
    }
    let readers = ringReaders
    ringReaders = [:]
    for (token, reader) in readers {
      switch reader {
      case .pending(let number): if let pending = lobby.take(number) { goOnIdentifying(pending) }
      case .control:
        guard let channel = runningChannel(token) else { continue }
        channel.reading = nil
        setInterest(in: channel)
      case .farewell(let number): farewells.remove(number)
      }
    }
  }

  private func runningChannel(_ token: UInt32) -> ControlChannel? {
    guard case .iperf(let running) = session, running.channel.reading == token else { return nil }
    return running.channel
  }

  private func goOnIdentifying(_ pending: PendingConnection) {
    var pending = pending
    pending.reading = nil
    if pending.verdict == .undecided {
      if watch(pending.socket) { lobby.putBack(pending) }
    } else {
      context.logger.warning(
        "dropped \(describe(pending.socket)): the queue that it was read through was closed for another mode")
    }
  }

  // MARK: The control connection

  func readThroughRing(_ channel: ControlChannel) -> Bool {
    guard let team = context.zeroCopyTeam, channel.readings <= team.mostReadings else { return false }
    let limit = max(1, min(Server.controlPiece, channel.room))
    let token = team.read(channel.socket, limit: limit, attempt: channel.readings)
    channel.reading = token
    ringReaders[token] = .control
    setInterest(in: channel)
    return true
  }

  private func goOnReading(_ running: IperfSession, _ end: ReadingEnd, at now: MonotonicTime) {
    running.channel.reading = nil
    switch end {
    case .done, .otherRing, .stopped:
      if end == .otherRing { running.channel.readings += 1 }
      // recv() knows the end of a stream; where there are bytes, it says EFAULT and the ring reads on.
      setInterest(in: running.channel)
      running.controlReady(at: now)
    case .unreadable(let shortage):
      running.peerIsGone("the control connection could not be read: \(shortage)", at: now)
      failToRead("the control connection of \(describe(running.channel.socket))", shortage, isAlone: true)
    case .failed(let errno): running.go(on: .failed(errno), at: now)
    }
  }

  /// No other connection would fare better: a server for one test has nothing to wait for.
  ///
  /// - Parameter isAlone: no other connection is being served.
  private func failToRead(_ connection: String, _ shortage: ZeroCopyShortage, isAlone: Bool) {
    let reason = "\(connection) could not be read: \(shortage)"
    if isAlone, context.configuration.oneOff, lastTest == nil {
      failure = BenchmarkError(reason)
    } else {
      context.logger.warning("dropped: \(reason)")
    }
  }

  /// Reads on, unseen, until the peer has closed too: a close with unread bytes would reset the connection.
  func bidFarewellThroughRing(_ channel: ControlChannel) {
    guard let token = channel.reading else { return }
    channel.reading = nil
    ringReaders[token] = .farewell(channel.socket.number)
  }

  func isBiddenFarewellThroughRing(_ number: Int32) -> Bool {
    ringReaders.values.contains { if case .farewell(number) = $0 { true } else { false } }
  }

  func stopReadingFarewells() {
    for case (let token, .farewell(let number)) in ringReaders where !farewells.contains(number) {
      ringReaders[token] = nil
      context.zeroCopyTeam?.stopReading(token)
    }
  }
}
