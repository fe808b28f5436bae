import CLinux
import Glibc
import Linux
import SystemPackage

/// The memory packets are received into: given to the kernel whole, read by the program piece by piece. The kernel pins its
/// pages, so that they outlive the mapping; still the ring is best closed first (`ZeroCopyRing`).
public struct ZeroCopyArea: ~Copyable {
  /// What the memory is.
  public enum Kind: String, Sendable, CaseIterable {
    /// Ordinary pages.
    case pages
    /// Huge pages of 2 MiB out of the kernel's pool (vm.nr_hugepages); what buffers larger than a page need.
    case hugePages
    /// A dma-buf made of a memory file by /dev/udmabuf. The kernel cannot copy into it, so that every byte received is
    /// zero-copy, and what would have to be copied ends the receive with ENOMEM. Linux 6.16.
    case dmabuf

    /// Bytes an area's size is rounded up to.
    var granule: Int { self == .hugePages ? 1 << 21 : sysconf(Int32(_SC_PAGESIZE)) }
  }

  public let kind: Kind
  /// Where the program reads what was received.
  public let start: UnsafeRawPointer
  /// Bytes.
  public let size: Int
  private let memory: MappedMemory
  /// Of the dma-buf.
  let descriptor: Descriptor?

  /// - Parameter size: bytes, at least 1; rounded up to whole pages of the kind.
  /// - Throws: ENOMEM where memory or huge pages are short; ENOENT where the kernel has no udmabuf; EINVAL for a dma-buf
  ///   beyond the limit of the module parameter udmabuf.size_limit_mb.
  public init(_ kind: Kind, size: Int) throws(SystemCallError) {
    let granule = kind.granule
    guard size > 0, size <= Int.max - granule else {
      throw SystemCallError(attempt: "map \(size) bytes", call: "mmap", errno: .invalidArgument)
    }
    let size = (size + granule - 1) / granule * granule
    let file = kind == .dmabuf ? try Self.memoryFile(size: size) : nil
    let descriptor = try Self.dmabuf(of: file, size: size)
    memory = try Self.map(kind, file, size: size)
    start = UnsafeRawPointer(memory.start)
    self.size = size
    self.kind = kind
    self.descriptor = descriptor
  }

  private static func memoryFile(size: Int) throws(SystemCallError) -> Descriptor {
    Descriptor(
      owning: try checkedAnswer("memfd_create", to: "create a memory file of \(size) bytes") {
        zb_sealed_memory_file("zcrx-area", UInt64(size))
      })
  }

  private static func dmabuf(of file: Descriptor?, size: Int) throws(SystemCallError) -> Descriptor? {
    guard let file else { return nil }
    return Descriptor(
      owning: try checkedAnswer(
        "UDMABUF_CREATE", to: "make a dma-buf of \(size) bytes",
        advice: "it takes a kernel with CONFIG_UDMABUF and a size within the module parameter udmabuf.size_limit_mb"
      ) { zb_dmabuf(file.number, UInt64(size)) })
  }

  private static func map(_ kind: Kind, _ file: Descriptor?, size: Int) throws(SystemCallError) -> MappedMemory {
    guard let file else { return try .anonymous(size: size, hugePages: kind == .hugePages) }
    return try .file(file.number, size: size, isWritable: false, to: "map the memory file of the dma-buf")
  }
}
