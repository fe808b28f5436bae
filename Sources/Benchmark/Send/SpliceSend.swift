import Glibc
import Linux

/// `splice`: the pages of the pattern's memory go through a pipe into the socket; the only copy is the receiver's. The
/// kernel does not tell when it reads them no more, which is why the pattern never changes.
struct SpliceSend: SendPath, ~Copyable {
  private let payload: Payload
  private let socket: Socket
  private let pipe: PagePipe
  /// Bytes in the pipe: those of the stream that come next.
  private var waiting = 0

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    self.payload = payload
    self.socket = socket
    pipe = try PagePipe(room: payload.length)
  }

  mutating func send(at offset: UInt64, count: Int) -> Int {
    if waiting == 0 {
      let lent = pipe.lend(payload.bytes(at: offset, count: count))
      guard lent > 0 else { return lent }
      waiting = lent
    }
    let sent = pipe.splice(to: socket.number, count: waiting)
    if sent > 0 { waiting -= sent }
    return sent
  }
}
