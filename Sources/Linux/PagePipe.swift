import CLinux
import Glibc
import SystemPackage

/// A pipe that passes pages on instead of bytes (splice(2)). Calls return the bytes taken or -errno.
public struct PagePipe: ~Copyable {
  private let reader: Descriptor
  private let writer: Descriptor

  /// - Parameter room: bytes it should hold, at most 1 MiB without privileges (fs.pipe-max-size). Where the user's share of
  ///   pipe pages is used up, it has less.
  /// - Throws: EMFILE or ENFILE when there are too many files.
  public init(room: Int) throws(SystemCallError) {
    let pipe = try Pipe()
    reader = pipe.reading
    writer = pipe.writing
    var wanted = Int32(clamping: room)
    while wanted > 1 << 16, zb_resize_pipe(writer.number, wanted) < 0 { wanted /= 2 }
  }

  /// Puts the pages of `bytes` in, as many as fit; they must not change while anybody may read them.
  public func lend(_ bytes: UnsafeRawBufferPointer) -> Int {
    Int(zb_lend_pages(writer.number, bytes.baseAddress, bytes.count))
  }

  /// Hands up to `count` bytes to a socket, waiting as the socket does.
  public func splice(to socket: Int32, count: Int) -> Int {
    Int(zb_splice(reader.number, socket, count))
  }

  /// Puts the first `count` bytes into `other` once more, as many as fit; they stay here.
  public func tee(to other: borrowing PagePipe, count: Int) -> Int {
    Int(zb_tee(reader.number, other.writer.number, count))
  }
}
