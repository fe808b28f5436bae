import Glibc
import Linux
import SystemPackage

/// A file of procfs or sysfs whose size is known only once it has been read, as bytes or line by line.
enum BinaryFile {
  private static let piece = 1 << 18

  /// - Throws: what open(2) or read(2) refused it with; EFBIG beyond `limit` bytes.
  static func read(_ path: String, limit: Int) throws(SystemCallError) -> [UInt8] {
    var bytes: [UInt8] = []
    var isTooLarge = false
    try pieces(of: path) { piece in
      isTooLarge = bytes.count + piece.count > limit
      if !isTooLarge { bytes += piece }
      return !isTooLarge
    }
    guard !isTooLarge else {
      throw SystemCallError(attempt: "read \(path)", call: "read", errno: .fileTooLarge)
    }
    return bytes
  }

  /// Hands out line by line, without the newlines; a line longer than 256 KiB in pieces.
  static func lines(of path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(SystemCallError) {
    var rest: [UInt8] = []
    try pieces(of: path) { piece in
      rest += piece
      var start = 0
      while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        body(rest[start..<newline])
        start = newline + 1
      }
      rest.removeFirst(start)
      if rest.count > BinaryFile.piece {
        body(rest[...])
        rest = []
      }
      return true
    }
    if !rest.isEmpty { body(rest[...]) }
  }

  /// Reads until the end, or until `body` says no.
  private static func pieces(of path: String, _ body: (UnsafeRawBufferPointer) -> Bool) throws(SystemCallError) {
    let attempt = "read \(path)"
    let file = Descriptor(owning: try checked("open", to: attempt) { open(path, O_RDONLY | O_CLOEXEC) })
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try checked("read", to: attempt) { Glibc.read(file.number, buffer.baseAddress, buffer.count) }
      guard count > 0, body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
    }
  }
}
