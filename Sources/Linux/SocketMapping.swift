import CLinux
import Glibc
import SystemPackage

/// Memory that the kernel maps pages of received payload into instead of copying them (tcp(7) does not tell of it;
/// TCP_ZEROCOPY_RECEIVE, Linux 4.18). What was mapped is readable until the next `receive`.
public struct SocketMapping: ~Copyable {
  public let start: UnsafeRawPointer
  /// Bytes, a multiple of the page size.
  public let size: Int
  private let memory: UnsafeMutableRawPointer

  /// What one call brought.
  public enum Received: Equatable, Sendable {
    /// `mapped` bytes are at `start`; the `toRead` bytes behind them have to be read with recv(2).
    case pages(mapped: Int, toRead: Int)
    /// The stream has ended or failed: recv(2) tells which (EIO).
    case over
    case refused(Errno)
  }

  /// - Parameter size: bytes, at least 1; rounded up to whole pages.
  /// - Throws: ENODEV where the kernel cannot map sockets, ENOMEM.
  public init(size: Int) throws(SystemCallError) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let whole = (max(1, size) + page - 1) / page * page
    // A socket of its own, because the mapping keeps its socket open.
    let socket = try Socket(.ipv4)
    var memory: UnsafeMutableRawPointer?
    let result = zb_map_socket(socket.number, whole, &memory)
    guard result == 0, let memory else {
      throw SystemCallError(
        attempt: "map memory for the payload of sockets", call: "mmap", errno: Errno(rawValue: -result))
    }
    self.memory = memory
    start = UnsafeRawPointer(memory)
    self.size = whole
  }

  deinit {
    munmap(memory, size)
  }

  /// Maps what comes next in the stream of `descriptor`, in place of what was mapped before.
  public borrowing func receive(_ descriptor: Int32) -> Received {
    var (mapped, toRead): (UInt32, UInt32) = (0, 0)
    let result = zb_receive_mapped(descriptor, memory, UInt32(clamping: size), &mapped, &toRead)
    switch result {
    case 0: return .pages(mapped: Int(mapped), toRead: Int(toRead))
    case -EIO: return .over
    default: return .refused(Errno(rawValue: -result))
    }
  }
}
