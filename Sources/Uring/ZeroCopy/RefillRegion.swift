import CKernelABI
import Glibc
import Linux
import SystemPackage

/// The memory of a refill ring: header, entries, and behind them a place for the kernel's statistics. Where head, tail and
/// entries lie in it is the kernel's to say.
struct RefillRegion: ~Copyable {
  /// Bytes the kernel may put in front of the entries; it uses 64 or 128.
  private static var headerSize: Int { sysconf(Int32(_SC_PAGESIZE)) }

  /// Bytes that hold a ring of so many entries.
  static func size(entries: UInt32) -> Int {
    // A larger number is refused by the kernel; there is no reason to map gigabytes for the refusal.
    let entries = Int(min(entries, 2 * ZB_ZCRX_MAX_RQ_ENTRIES))
    var rounded = 1
    while rounded < entries { rounded *= 2 }
    let needed =
      headerSize + rounded * MemoryLayout<zb_zcrx_rqe>.stride + MemoryLayout<zb_zcrx_stats>.stride
    return (needed + headerSize - 1) / headerSize * headerSize
  }

  /// The last bytes of the region: behind the entries wherever the kernel puts these.
  static func statisticsOffset(size: Int) -> Int { size - MemoryLayout<zb_zcrx_stats>.stride }

  let memory: MappedMemory

  /// What the kernel answered, as pointers into the region.
  func ring(
    _ registration: zb_zcrx_ifq_reg, area: borrowing ZeroCopyArea, areaToken: UInt64, bufferLength: UInt32
  ) -> RefillRing {
    let offsets = registration.offsets
    let end = Int(offsets.rqes) + Int(registration.rq_entries) * MemoryLayout<zb_zcrx_rqe>.stride
    precondition(
      end <= memory.size && Int(max(offsets.head, offsets.tail)) + 4 <= memory.size,
      "the kernel put the refill ring beyond the memory it was given")
    let start = memory.start
    return RefillRing(
      head: UnsafePointer((start + Int(offsets.head)).assumingMemoryBound(to: UInt32.self)),
      tail: (start + Int(offsets.tail)).assumingMemoryBound(to: UInt32.self),
      entries: (start + Int(offsets.rqes)).assumingMemoryBound(to: zb_zcrx_rqe.self),
      capacity: registration.rq_entries, areaSize: area.size, bufferLength: bufferLength, areaToken: areaToken)
  }
}
