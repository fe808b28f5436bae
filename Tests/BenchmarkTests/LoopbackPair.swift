import Glibc
import Linux
import SystemPackage
import Testing

/// Both ends of a TCP connection over the loopback interface, both non-blocking.
struct LoopbackPair {
  let near: Socket
  let far: Socket

  init() throws {
    // A busy machine may take its time.
    let connection = try LoopbackConnection(within: 120)
    (near, far) = (connection.sender, connection.receiver)
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
