import IperfProtocol
import Linux

/// Connections from the first byte to the last word: accepted, identified, given to a test, refused, closed.
extension Server {
  /// Accepted before those that are there are heard, fewer than one wait brings events: peers that connect as fast as they
  /// are accepted would otherwise fill the lobby and push each other out before anybody has looked at what they sent.
  static let mostAccepted = 32

  func acceptConnections(
    on listening: Socket, atMost limit: Int = Server.mostAccepted, at now: MonotonicTime
  ) {
    do throws(SystemCallError) {
      for _ in 0..<limit {
        guard let socket = try listening.accept() else { return }
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
  ///
  /// - Throws: with the listening socket as it was.
  func listen(with buffers: StreamBuffers) throws(SystemCallError) {
    guard buffers != listener.buffers else { return }
    let old = try listener.reopen(buffers)
    unwatch(old)
    resumeAccepting()
    // All that may wait there. Peers that go on connecting find the new socket, and do not keep this loop going.
    acceptConnections(on: old, atMost: Int(Listener.backlog) + 1, at: .now())
  }

  /// Between two tests the listening socket has the buffers that the server was started with. What keeps it from having
  /// them is tried again: it may be a lack of descriptors that passes.
  func restoreListener(at now: MonotonicTime) {
    listenerRetryAt = nil
    do throws(SystemCallError) {
      try listen(with: StreamBuffers(receive: context.configuration.receiveBuffer))
    } catch {
      if now >= quietUntil {
        context.logger.error("connections have the buffers of the last test until this succeeds: \(error)")
        quietUntil = now.adding(seconds: 10)
      }
      listenerRetryAt = now.adding(seconds: 1)
    }
  }

  func connectionReady(_ number: Int32, at now: MonotonicTime) {
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
      case .foreign(let kind): refuse(pending, kind, at: now)
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

  func refuse(_ pending: PendingConnection, _ kind: ForeignProtocol, at now: MonotonicTime) {
    context.logger.notice("refused \(describe(pending.socket)): it began as \(kind.name)")
    refused.note(kind)
    unwatch(pending.socket)
    closeGently(pending.socket, at: now)
  }

  func greet(_ pending: PendingConnection, _ cookie: Cookie, at now: MonotonicTime) {
    switch session {
    case .idle where deadCookies.contains(cookie, at: now):
      context.logger.notice("refused a data connection from \(describe(pending.socket)): its test is over")
      unwatch(pending.socket)
      deny(pending.socket, at: now)
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
    guard context.configuration.receivesRaw else {
      context.logger.notice("refused a raw stream from \(describe(pending.socket)) (--no-raw)")
      refused.noteRaw()
      closeGently(pending.socket, at: now)
      return
    }
    switch session {
    case .idle where !isFinished:
      do throws(BenchmarkError) {
        try enter(try context.stage.setting(ReceiveWish(), streams: 1))
      } catch {
        context.logger.error("refused a raw stream from \(describe(pending.socket)): \(error)")
        return
      }
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
  func closeGently(_ socket: Socket, at now: MonotonicTime, keeping session: IperfSession? = nil) {
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
}
