import Glibc
import Linux
import SystemPackage
import Testing

/// Both ends of a TCP connection over the loopback interface, both non-blocking.
struct LoopbackPair {
  let near: Socket
  let far: Socket

  init() throws {
    let listener = try Socket(.ipv4)
    let wildcard = try SocketAddress.resolve("127.0.0.1", port: 0, family: .ipv4, passive: true)
    try listener.bind(to: try #require(wildcard.first))
    try listener.listen(backlog: 1)
    near = try Socket(.ipv4)
    try near.startConnecting(to: try #require(listener.localAddress))
    var accepted: Socket?
    try eventually("a connection is accepted") {
      accepted = try listener.accept()
      return accepted != nil
    }
    far = try #require(accepted)
  }

  /// Sends all of `bytes`, waiting for room.
  func send(_ bytes: [UInt8]) throws {
    var left = bytes[...]
    try eventually("\(bytes.count) bytes are taken") {
      while !left.isEmpty {
        let count = try near.send(left)
        if count == 0 { return false }
        left = left.dropFirst(count)
      }
      return true
    }
  }

  /// Makes the close of `socket` a reset (socket(7), SO_LINGER of no time).
  static func resetOnClose(_ socket: Socket) throws {
    var linger = linger(l_onoff: 1, l_linger: 0)
    try checked("setsockopt", to: "set SO_LINGER") {
      setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
  }
}

/// Waits until `condition` holds; two minutes are the end of patience on a busy machine.
func eventually(_ what: String, _ condition: () throws -> Bool) throws {
  let limit = MonotonicTime.now().adding(seconds: 120)
  while try !condition() {
    try #require(MonotonicTime.now() < limit, "never happened: \(what)")
    usleep(500)
  }
}
