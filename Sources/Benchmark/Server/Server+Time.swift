import Linux
import Report

/// What happens as time passes: tests go on and end, and so does the server.
extension Server {
  var deadline: MonotonicTime? {
    let session: MonotonicTime? =
      switch session {
      case .idle: listenerRetryAt
      case .iperf(let running): running.deadline
      case .raw(let running): running.deadline
      }
    return [session, lobby.deadline, farewells.deadline, acceptsAgainAt, context.memory?.deadline].compactMap { $0 }
      .min()
  }

  /// The machine's memory is looked at for a second while nobody is connected.
  func watchMemory(at now: MonotonicTime) {
    guard let memory = context.memory else { return }
    if case .idle = session {
      memory.note(isIdle: lobby.isEmpty && farewells.isEmpty && stopping == nil, at: now)
    } else {
      memory.note(isIdle: false, at: now)
    }
  }

  func advance(at now: MonotonicTime) {
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
    case .idle: if let retry = listenerRetryAt, now >= retry { restoreListener(at: now) }
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
      if running.endedAwaitingStreams { deadCookies.add(running.cookie, at: now) }
      unwatch(running.channel.socket)
      // What the peer said after the end is of no interest; the connection may linger.
      running.channel.inbox = []
      bidFarewellThroughRing(running.channel)
      awaitsRoom = false
      closeGently(running.channel.socket, at: now, keeping: running)
      session = .idle
      if stopping == nil { restoreListener(at: now) }
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

  func show(_ run: FinishedRun) {
    var run = run
    // After the results went out: whom else the server refused is none of its client's business.
    if let note = refused.takeNote() { run.report.notes.append(note) }
    lastTest = run.report.outcome.status == .completed ? .succeeded : .failed
    context.observer.finished(run)
  }

  /// Its one test is over, and it only says its farewells.
  var isFinished: Bool { stopping != nil || context.configuration.oneOff && lastTest != nil }

  /// Without its interface a server receives nothing any more; one whose carrier was away may have forgotten settings.
  func interfaceChanged(at now: MonotonicTime) {
    guard let watch = interfaceWatch, stopping == nil else { return }
    switch watch.look() {
    case .same: return
    case .cameBack: return renewSettings()
    case .gone: break
    }
    try? epoll.remove(watch.descriptor.number)
    let reason =
      "interface \(context.configuration.interface ?? "") is gone: it was removed, or moved to another namespace"
    context.logger.error("\(reason); the server ends")
    end(because: reason, at: now)
    stopping = .failed
  }

  func stop(_ signal: String, at now: MonotonicTime) {
    let isIdle = if case .idle = session { true } else { false }
    end(because: "interrupted by \(signal)", at: now)
    stopping = lastTest == .succeeded || isIdle && !context.configuration.oneOff ? .done : .failed
  }

  /// Ends what runs, and accepts nobody any more.
  private func end(because reason: String, at now: MonotonicTime) {
    switch session {
    case .idle: break
    case .iperf(let running):
      running.interrupt(because: reason, at: now)
      settle(running, at: now)
    case .raw(let running):
      session = .idle
      show(running.end(at: now, Outcome(.partial, reason: reason)))
    }
    unwatch(listener.socket)
    (acceptsAgainAt, listenerRetryAt) = (nil, nil)
  }

  func pauseAccepting(until time: MonotonicTime) {
    unwatch(listener.socket)
    acceptsAgainAt = time
  }

  func resumeAccepting() {
    acceptsAgainAt = nil
    do throws(SystemCallError) {
      try epoll.add(listener.socket.number, .readable, tag: Tag.listener)
    } catch {
      context.logger.error("\(error)")
      acceptsAgainAt = MonotonicTime.now().adding(seconds: 1)
    }
  }
}
