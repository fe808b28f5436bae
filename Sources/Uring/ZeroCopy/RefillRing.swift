import CKernelABI

/// The ring in which buffers go back to the kernel, seen from the side that fills it. One entry is owed for every data
/// completion. It never drops one: what the ring has no room for waits in a backlog, which `publish` empties as far as the
/// kernel has taken entries. Nothing is allocated after `init`.
public struct RefillRing: ~Copyable {
  @usableFromInline let head: UnsafePointer<UInt32>
  private let tail: UnsafeMutablePointer<UInt32>
  @usableFromInline let entries: UnsafeMutablePointer<zb_zcrx_rqe>
  @usableFromInline let mask: UInt32
  /// Entries written, counted from the tail there was; its lower half is the tail the kernel sees once it is published.
  @usableFromInline var written: UInt64
  private let firstTail: UInt64
  private var publishedTail: UInt32
  /// What `written` may become without looking at the kernel's head again, which only moves on; no more than it is while
  /// returns wait, so that they stay in order.
  @usableFromInline var writable: UInt64
  private let bufferShift: UInt64
  private let areaToken: UInt64
  @usableFromInline var backlog: RefillBacklog

  /// Most entries that were in the ring when it was published.
  public private(set) var occupancyHighWater: UInt32 = 0
  /// Most returns that ever waited for room.
  public private(set) var backlogHighWater: UInt64 = 0
  /// Buffers given back since the beginning, those that still wait included.
  public var returned: UInt64 { written &- firstTail &+ backlog.count }

  /// Takes over a ring that stays mapped as long as this value is used.
  /// - Parameters:
  ///   - head: the kernel's word; how many entries it has taken.
  ///   - tail: our word; how many there have been.
  ///   - capacity: entries, a power of two.
  ///   - areaSize: bytes of the area, a multiple of `bufferLength`.
  ///   - bufferLength: bytes of a buffer, a power of two.
  ///   - areaToken: what an offset has in its upper 16 bits.
  package init(
    head: UnsafePointer<UInt32>, tail: UnsafeMutablePointer<UInt32>, entries: UnsafeMutablePointer<zb_zcrx_rqe>,
    capacity: UInt32, areaSize: Int, bufferLength: UInt32, areaToken: UInt64
  ) {
    precondition(capacity.nonzeroBitCount == 1, "a refill ring has a power of two of entries")
    precondition(bufferLength.nonzeroBitCount == 1, "a buffer's length is a power of two")
    self.head = head
    self.tail = tail
    self.entries = entries
    mask = capacity - 1
    publishedTail = zb_load_acquire(tail)
    firstTail = UInt64(publishedTail)
    written = firstTail
    writable = firstTail
    bufferShift = UInt64(bufferLength.trailingZeroBitCount)
    self.areaToken = areaToken
    backlog = RefillBacklog(buffers: areaSize / Int(bufferLength))
  }

  /// Entries the ring holds.
  public var capacity: UInt32 { mask &+ 1 }
  /// Returns that wait for room.
  @inlinable
  public var waiting: UInt64 { backlog.count }
  /// Entries the kernel has not taken yet, those not published included.
  public var occupancy: UInt32 { writtenTail &- zb_load_acquire(head) }
  private var writtenTail: UInt32 { UInt32(truncatingIfNeeded: written) }

  /// Gives back the buffer of one data completion; the kernel sees it after `publish`.
  /// - Parameter offset: the completion's, unchanged.
  @inlinable @inline(__always)
  public mutating func giveBack(_ offset: UInt64) {
    if written < writable || findRoom() {
      write(offset)
    } else {
      wait(offset)
    }
  }

  /// Shows the kernel what was given back, the longest waiting first; once for every batch of completions.
  public mutating func publish() {
    if !backlog.isEmpty {
      var free = capacity &- occupancy
      while free > 0, let buffer = backlog.take() {
        write(areaToken | UInt64(buffer) << bufferShift)
        free -= 1
      }
    }
    guard writtenTail != publishedTail else { return }
    zb_store_release(tail, writtenTail)
    publishedTail = writtenTail
    occupancyHighWater = max(occupancyHighWater, occupancy)
  }

  /// Looks how far the kernel has got.
  @usableFromInline @inline(never)
  mutating func findRoom() -> Bool {
    guard backlog.isEmpty else { return false }
    writable = written &+ UInt64(capacity &- occupancy)
    return written < writable
  }

  @inlinable @inline(__always)
  mutating func write(_ offset: UInt64) {
    entries[Int(truncatingIfNeeded: written) & Int(truncatingIfNeeded: mask)] = zb_zcrx_rqe(off: offset, len: 0, pad: 0)
    written &+= 1
  }

  @usableFromInline @inline(never)
  mutating func wait(_ offset: UInt64) {
    backlog.add(Int(truncatingIfNeeded: (offset & ZeroCopyOffset.mask) >> bufferShift))
    backlogHighWater = max(backlogHighWater, backlog.count)
  }
}
