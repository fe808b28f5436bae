import SystemPackage

/// A TCP connection of this process with itself over the loopback interface; both ends are non-blocking.
public struct LoopbackConnection: Sendable {
  public let sender: Socket
  public let receiver: Socket

  /// - Parameter seconds: how long it may take, where something on the way drops packets.
  /// - Throws: ENETUNREACH where the loopback interface is down, ETIMEDOUT, and what bind(2) or connect(2) refuse it with.
  public init(within seconds: Double = 0.25) throws(SystemCallError) {
    let attempt = "connect to this host itself"
    guard let address = (try? SocketAddress.resolve("127.0.0.1", port: 0, family: .ipv4, passive: true))?.first else {
      throw SystemCallError(attempt: attempt, call: "getaddrinfo", errno: .addressNotAvailable)
    }
    let listener = try Socket(.ipv4)
    try listener.bind(to: address)
    try listener.listen(backlog: 4)
    guard let place = listener.localAddress else {
      throw SystemCallError(attempt: attempt, call: "getsockname", errno: .addressNotAvailable)
    }
    sender = try Socket(.ipv4)
    try sender.startConnecting(to: place)
    let deadline = MonotonicTime.now().adding(seconds: seconds)
    while true {
      // Anybody on this host may have been first.
      if let accepted = try listener.accept(), let peer = accepted.remoteAddress, let own = sender.localAddress,
        (peer.host, peer.port) == (own.host, own.port)
      {
        receiver = accepted
        return
      }
      if let errno = sender.takeError() { throw SystemCallError(attempt: attempt, call: "connect", errno: errno) }
      guard MonotonicTime.now() < deadline else {
        throw SystemCallError(attempt: attempt, call: "connect", errno: .timedOut)
      }
      pause(seconds: 0.0005)
    }
  }
}
