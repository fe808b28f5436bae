import CKernelABI
import CLinux
import Linux
import SystemPackage

/// Buffers that a ring's receives fill, in one piece of memory, and the ring in which they go to the kernel
/// (IORING_REGISTER_PBUF_RING, Linux 5.19). Nothing is allocated after `init`.
///
/// Buffer n is always handed over in slot n, so that a completion over several buffers covers neighbouring ones, in memory
/// too, up to the last: buffers given back out of their order wait for those before them.
public struct ProvidedBufferRing: ~Copyable {
  private let memory: MappedMemory
  private let ringMemory: MappedMemory
  @usableFromInline let start: UnsafeMutableRawPointer
  @usableFromInline package let entries: UnsafeMutablePointer<zb_buf>
  /// By buffer, whether it was given back before one that comes earlier in the ring.
  private let early: UnsafeMutablePointer<Bool>
  @usableFromInline var earlyCount = 0
  @usableFromInline let mask: UInt16
  /// Bytes of one buffer.
  public let length: Int
  /// The number submissions name it by.
  public let group: UInt16
  /// Buffers handed over since the beginning; the kernel's tail once it is published.
  @usableFromInline var tail: UInt16
  /// The buffer whose turn it is to come back; no buffer's number while some are early.
  @usableFromInline var inOrder: UInt32 = 0

  /// Registers buffers with `ring`. The ring must be gone, or have nothing under way, before this value is.
  ///
  /// - Parameters:
  ///   - count: a power of two, 1…32768.
  ///   - length: bytes of each, at least 1.
  /// - Throws: EINVAL where the kernel has no such rings or knows the group already, ENOMEM.
  public init(
    count: Int, length: Int, group: UInt16 = 0, registeringWith ring: borrowing Ring
  ) throws(SystemCallError) {
    try self.init(count: count, length: length, group: group, ringDescriptor: ring.descriptor)
  }

  /// - Parameter ringDescriptor: nil for buffers that no kernel knows of.
  package init(count: Int, length: Int, group: UInt16, ringDescriptor: Int32?) throws(SystemCallError) {
    precondition(count.nonzeroBitCount == 1 && count <= 32_768, "a buffer ring has a power of two of entries")
    precondition(length > 0 && length <= Int(UInt32.max), "a buffer's length has 32 bits")
    let memory = try MappedMemory.anonymous(size: count * length)
    let ringMemory = try MappedMemory.anonymous(size: count * MemoryLayout<zb_buf>.stride)
    let entries = ringMemory.start.bindMemory(to: zb_buf.self, capacity: count)
    for index in 0..<count {
      entries[index].addr = UInt64(UInt(bitPattern: memory.start + index * length))
      entries[index].len = UInt32(length)
      entries[index].bid = UInt16(index)
    }
    var registration = zb_buf_reg()
    registration.ring_addr = UInt64(UInt(bitPattern: ringMemory.start))
    registration.ring_entries = UInt32(count)
    registration.bgid = group
    let result = ringDescriptor.map { zb_ring_register($0, ZB_IORING_REGISTER_PBUF_RING, &registration, 1) } ?? 0
    guard result >= 0 else {
      throw SystemCallError(
        attempt: "register a ring of buffers", call: "io_uring_register", errno: Errno(rawValue: -result),
        advice: result == -Errno.invalidArgument.rawValue ? "Linux 5.19 has such rings" : nil)
    }
    self.memory = memory
    self.ringMemory = ringMemory
    self.entries = entries
    self.length = length
    self.group = group
    start = memory.start
    mask = UInt16(truncatingIfNeeded: count - 1)
    early = .allocate(capacity: count)
    early.initialize(repeating: false, count: count)
    tail = UInt16(truncatingIfNeeded: count)
    publish()
  }

  deinit {
    early.deallocate()
  }

  /// How many buffers there are.
  public var count: Int { Int(mask) + 1 }

  /// Looks at what one completion brought, buffer by buffer in the order of the stream, before it is given back.
  ///
  /// - Parameters:
  ///   - first: the completion's buffer.
  ///   - bytes: its result.
  public func forEachPiece(from first: UInt16, bytes: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    var (slot, left) = (first & mask, bytes)
    while left > 0 {
      // What the kernel shortened an entry to is all it put there; 0 would be no entry of ours.
      let here = min(left, max(1, Int(entries[Int(slot)].len)))
      body(UnsafeRawBufferPointer(start: start + Int(slot) * length, count: here))
      left -= here
      slot = (slot &+ 1) & mask
    }
  }

  /// Gives back the buffers of one completion; the kernel sees them after `publish`.
  ///
  /// - Parameters:
  ///   - first: the completion's buffer.
  ///   - bytes: its result; none still takes one buffer.
  @inlinable @inline(__always)
  public mutating func giveBack(from first: UInt16, bytes: Int) {
    guard first == inOrder else { return giveBackEarly(from: first, bytes: bytes) }
    let mask = UInt32(mask)
    var (end, left) = (UInt32(tail), bytes)
    repeat {
      let slot = Int(truncatingIfNeeded: end & mask)
      left &-= max(1, Int(truncatingIfNeeded: entries[slot].len))
      entries[slot].len = UInt32(truncatingIfNeeded: length)
      end &+= 1
    } while left > 0
    tail = UInt16(truncatingIfNeeded: end)
    inOrder = end & mask
  }

  @usableFromInline @inline(never)
  mutating func giveBackEarly(from first: UInt16, bytes: Int) {
    var (slot, left) = (first & mask, bytes)
    repeat {
      left -= max(1, Int(entries[Int(slot)].len))
      if !early[Int(slot)] { earlyCount += 1 }
      early[Int(slot)] = true
      slot = (slot &+ 1) & mask
    } while left > 0
    while earlyCount > 0, early[Int(tail & mask)] {
      let slot = Int(tail & mask)
      early[slot] = false
      earlyCount -= 1
      entries[slot].len = UInt32(length)
      tail &+= 1
    }
    inOrder = earlyCount == 0 ? UInt32(tail & mask) : .max
  }

  /// Shows the kernel what was given back; once for every batch of completions.
  @inlinable @inline(__always)
  public mutating func publish() {
    zb_store_release_16(&entries[0].resv, tail)
  }
}
