import Glibc
import Linux

/// `write`: send() from the pattern's memory.
struct WriteSend: SendPath, ~Copyable {
  private let payload: Payload
  private let socket: Socket

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    self.init(payload, on: socket)
  }

  init(_ payload: Payload, on socket: Socket) {
    self.payload = payload
    self.socket = socket
  }

  mutating func send(at offset: UInt64, count: Int) -> Int {
    let bytes = payload.bytes(at: offset, count: count)
    let sent = Glibc.send(socket.number, bytes.baseAddress, count, Int32(MSG_NOSIGNAL))
    return sent < 0 ? -Int(errno) : sent
  }
}
