import CLinux
import Glibc
import Linux
import SystemPackage

/// Memory mapped for the kernel to share, given back with its last holder. No child inherits it: a child's copy would keep
/// the pages, and with them the queue, alive.
///
/// A class, because Swift 6.3.1's optimizer stops with an assertion over deinitializers of internal non-copyable structs
/// within public ones (cross-module optimization of the public setters).
final class MappedMemory {
  let start: UnsafeMutableRawPointer
  /// Bytes.
  let size: Int

  private init(start: UnsafeMutableRawPointer, size: Int) {
    self.start = start
    self.size = size
  }

  deinit {
    munmap(start, size)
  }

  /// Zeros.
  static func anonymous(size: Int, hugePages: Bool = false) throws(SystemCallError) -> MappedMemory {
    let advice =
      hugePages ? "reserve more huge pages of 2 MiB: sysctl vm.nr_hugepages=\((size + (1 << 21) - 1) >> 21)" : nil
    return try map(size, to: "map \(size) bytes\(hugePages ? " of huge pages" : "")", advice: advice) {
      zb_map_memory(size, hugePages ? 1 : 0, $0)
    }
  }

  /// A file's bytes from `offset` on.
  static func file(
    _ descriptor: Int32, offset: UInt64 = 0, size: Int, isWritable: Bool, to attempt: String
  ) throws(SystemCallError) -> MappedMemory {
    try map(size, to: attempt, advice: nil) { zb_map_file(descriptor, offset, size, isWritable ? 1 : 0, $0) }
  }

  private static func map(
    _ size: Int, to attempt: String, advice: String?,
    _ call: (UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32
  ) throws(SystemCallError) -> MappedMemory {
    var start: UnsafeMutableRawPointer?
    let result = call(&start)
    guard result == 0, let start else {
      throw SystemCallError(attempt: attempt, call: "mmap", errno: Errno(rawValue: -result), advice: advice)
    }
    return MappedMemory(start: start, size: size)
  }
}
