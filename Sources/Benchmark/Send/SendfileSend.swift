import CLinux
import Glibc
import Linux
import SystemPackage

/// `sendfile`: from a file that lives in memory (memfd_create(2)) and holds the pattern.
struct SendfileSend: SendPath, ~Copyable {
  private let payload: Payload
  private let file: Descriptor
  private let socket: Socket

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    self.socket = socket
    if let shared = payload.file {
      file = shared
    } else {
      file = try SendfileSend.file(holding: payload.pattern)
    }
    self.payload = payload
  }

  /// The file that every stream of a test sends from.
  static func file(holding pattern: Pattern) throws(SystemCallError) -> Descriptor {
    let attempt = "make a file in memory to send from"
    let file = Descriptor(
      owning: try checkedAnswer("memfd_create", to: attempt) { zb_memory_file("zcrx-bench pattern") })
    let block = pattern.wholeBlock
    var written = 0
    while written < block.count {
      written += try checked("write", to: attempt) {
        write(file.number, block.baseAddress.map { $0 + written }, block.count - written)
      }
    }
    return file
  }

  mutating func send(at offset: UInt64, count: Int) -> Int {
    var position = off_t(payload.position(of: offset))
    let sent = sendfile(socket.number, file.number, &position, count)
    return sent < 0 ? -Int(errno) : sent
  }
}
