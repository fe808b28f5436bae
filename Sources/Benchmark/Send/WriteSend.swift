import Glibc
import Linux

/// `write`: send() from the pattern's memory.
struct WriteSend: SendPath, ~Copyable {
  private let payload: Payload

  init(_ payload: Payload) throws(SystemCallError) {
    self.payload = payload
  }

  mutating func send(_ descriptor: Int32, at offset: UInt64, count: Int) -> Int {
    payload.pattern.withPiece(at: payload.position(of: offset), count: count) { piece in
      Glibc.send(descriptor, piece.baseAddress, count, Int32(MSG_NOSIGNAL))
    }
  }
}
