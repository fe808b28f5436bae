import Linux
import SystemPackage

/// Connects without losing sight of the signals: a user who types ^C need not wait for a time-out.
struct Connector {
  private let addresses: [SocketAddress]
  /// Seconds.
  private let timeout: Double
  private let signals: TerminationSignals

  /// - Throws: `BenchmarkError` when the host has no address.
  init(_ configuration: ClientConfiguration, signals: TerminationSignals) throws(BenchmarkError) {
    let outcome: NameResolution.Outcome
    do throws(SystemCallError) {
      let resolution = try NameResolution(
        of: configuration.host, port: configuration.port, family: configuration.family)
      outcome = try resolution.wait(signals)
    } catch {
      throw BenchmarkError(error)
    }
    switch outcome {
    case .addresses(let found): addresses = found
    case .failed(let error): throw BenchmarkError(error)
    case .interrupted(let signal):
      throw BenchmarkError("interrupted by \(signal) while resolving '\(configuration.host)'", because: .interrupted)
    }
    timeout = configuration.connectTimeout
    self.signals = signals
  }

  private init(address: SocketAddress, timeout: Double, signals: TerminationSignals) {
    addresses = [address]
    self.timeout = timeout
    self.signals = signals
  }

  /// The same for one address only, the one the first connection found.
  func narrowed(to socket: Socket) -> Connector {
    socket.remoteAddress.map { Connector(address: $0, timeout: timeout, signals: signals) } ?? self
  }

  /// Connects to the first address that answers.
  ///
  /// - Parameters:
  ///   - limit: when to give up, however much of `--connect-timeout` is left.
  ///   - prepare: sets what must be set before the handshake.
  func connect(
    until limit: MonotonicTime? = nil, prepare: (Socket) throws(SystemCallError) -> Void
  ) throws(BenchmarkError) -> Socket {
    var refusal = BenchmarkError("the host has no address")
    var interruption: BenchmarkError?
    for address in addresses {
      let peer = "\(address.host) port \(address.port)"
      do throws(SystemCallError) {
        let socket = try Socket(address.family)
        try prepare(socket)
        try socket.startConnecting(to: address)
        let ownLimit = MonotonicTime.now().adding(seconds: timeout)
        switch try wait(for: socket, until: limit.map { min($0, ownLimit) } ?? ownLimit) {
        case .connected: return socket
        case .interrupted(let signal):
          interruption = BenchmarkError("interrupted by \(signal) while connecting", because: .interrupted)
        case .timedOut:
          refusal = BenchmarkError(
            limit.map { $0 < ownLimit } ?? false
              ? "the server took too long to accept the streams: no answer from \(peer)"
              : "no answer from \(peer) within \(Int(timeout * 1000)) ms (--connect-timeout)")
        case .refused(let error):
          throw SystemCallError(
            attempt: "connect to \(peer)", call: "connect", errno: error,
            advice: error == .connectionRefused ? "is a server running there? (zcrx-bench server, or iperf3 -s)" : nil)
        }
      } catch {
        refusal = BenchmarkError(Connector.explained(error, address))
      }
      if let interruption { throw interruption }
    }
    throw BenchmarkError(refusal.description, refusal.exitStatus, because: .unreachable)
  }

  /// The refusal with what the user can do, where connect(2) has given no more than a number.
  static func explained(_ error: SystemCallError, _ address: SocketAddress) -> SystemCallError {
    guard error.call == "connect", error.advice == nil else { return error }
    let advice: String? =
      switch error.errno {
      case .invalidArgument where address.isLinkLocalWithoutScope:
        "a link-local address is one of every interface: name the one to use, as in \(address.host)%eth0"
      // Of a socket that is bound to an address connect(2) says EAGAIN.
      case .addressNotAvailable, .resourceTemporarilyUnavailable:
        "no local port is free for it, or no address to come from: use fewer streams (-P), wait for connections in "
          + "TIME_WAIT, or widen net.ipv4.ip_local_port_range"
      default: nil
      }
    return SystemCallError(attempt: error.attempt, call: error.call, errno: error.errno, advice: advice)
  }

  private enum Answer {
    case connected
    case refused(Errno)
    case interrupted(String)
    case timedOut
  }

  private func wait(for socket: Socket, until deadline: MonotonicTime) throws(SystemCallError) -> Answer {
    let epoll = try Epoll()
    try epoll.add(socket.number, .writable, tag: 0)
    try epoll.add(signals.descriptor.number, .readable, tag: 1)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    while true {
      try epoll.wait(milliseconds: deadline.millisecondsLeft(from: .now()), into: &ready)
      if ready.contains(where: { $0.tag == 1 }), let signal = signals.next() { return .interrupted(signal) }
      if ready.contains(where: { $0.tag == 0 }) { return socket.takeError().map { .refused($0) } ?? .connected }
      if MonotonicTime.now() >= deadline { return .timedOut }
    }
  }
}
