import Glibc
import Linux

/// `splice`: the pages of the pattern's memory go through a pipe into the socket; the only copy is the receiver's. The
/// kernel does not tell when it reads them no more, which is why the pattern never changes.
///
/// Where every call sends the same block, its pages are lent to a pipe once, and each call takes them from there (tee(2)):
/// looking them up anew for every call costs more (docs/performance.md).
struct SpliceSend: SendPath, ~Copyable {
  private let payload: Payload
  private let socket: Socket
  private let pipe: PagePipe
  /// Holds the block that every call sends; nil where calls send different ones.
  private let block: PagePipe?
  /// Bytes in the pipe: those of the stream that come next.
  private var waiting = 0

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    let block = try SpliceSend.block(payload)
    let pipe = try PagePipe(room: payload.length)
    self.payload = payload
    self.socket = socket
    self.pipe = pipe
    self.block = block
  }

  private static func block(_ payload: Payload) throws(SystemCallError) -> PagePipe? {
    if payload.followsPattern { return nil }
    let block = try PagePipe(room: payload.length)
    let lent = block.lend(payload.bytes(at: 0, count: payload.length))
    guard lent > 0 else {
      throw SystemCallError(
        attempt: "lend pages to a pipe", call: "vmsplice", errno: .init(rawValue: Int32(truncatingIfNeeded: -lent)))
    }
    return block
  }

  mutating func send(at offset: UInt64, count: Int) -> Int {
    if waiting == 0 {
      let filled = fill(at: offset, count: count)
      guard filled > 0 else { return filled }
      waiting = filled
    }
    let sent = pipe.splice(to: socket.number, count: waiting)
    if sent > 0 { waiting -= sent }
    return sent
  }

  private func fill(at offset: UInt64, count: Int) -> Int {
    switch block {
    case .some(let block): block.tee(to: pipe, count: count)
    case .none: pipe.lend(payload.bytes(at: offset, count: count))
    }
  }
}
