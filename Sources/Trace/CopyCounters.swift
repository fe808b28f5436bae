import CLinux
import Glibc
import Linux
import Synchronization

/// Counters of 64 bits in memory that programs in the kernel add to and this process reads without a system call.
final class CopyCounters: Sendable {
  /// Distance of a counter from the first, bytes. The first takes what nobody asks for.
  static let nowhere: UInt32 = 0

  /// Of all counters together, a power of two, so that a program keeps within them by a mask.
  static let bytes: UInt32 = 1 << 18

  private let descriptor: Descriptor
  private nonisolated(unsafe) let memory: UnsafePointer<Atomic<UInt64>>
  private let free = Mutex(Free())

  private struct Free {
    var offsets: [UInt32] = []
    /// Those from here on were never used.
    var next: UInt32 = 8
  }

  var number: Int32 { descriptor.number }

  init() throws(SystemCallError) {
    var start: UnsafeRawPointer?
    descriptor = Descriptor(
      owning: try checkedAnswer("bpf(BPF_MAP_CREATE)", to: "create counters of copied bytes") {
        zb_bpf_create_memory(CopyCounters.bytes, "zcrx_counters", &start)
      })
    memory = start!.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: memory), Int(CopyCounters.bytes))
  }

  /// A counter that nobody else uses; nil when all are in use.
  func take() -> CopyCount? {
    let offset = free.withLock { free -> UInt32? in
      if let offset = free.offsets.popLast() { return offset }
      guard free.next < CopyCounters.bytes else { return nil }
      defer { free.next += 8 }
      return free.next
    }
    return offset.map { CopyCount(self, offset: $0, memory: memory + Int($0) / MemoryLayout<UInt64>.size) }
  }

  fileprivate func giveBack(_ offset: UInt32) { free.withLock { $0.offsets.append(offset) } }
}

/// A counter of copied bytes, which counts from when it was taken on. To be let go of once no program adds to it any more.
public final class CopyCount: Sendable {
  /// Reads it, as long as the counter is held.
  public struct Reading: Sendable {
    fileprivate nonisolated(unsafe) let memory: UnsafePointer<Atomic<UInt64>>
    fileprivate let start: UInt64

    public var bytes: UInt64 { memory.pointee.load(ordering: .relaxed) &- start }
  }

  public let reading: Reading
  let offset: UInt32
  private let counters: CopyCounters

  fileprivate init(_ counters: CopyCounters, offset: UInt32, memory: UnsafePointer<Atomic<UInt64>>) {
    self.counters = counters
    self.offset = offset
    reading = Reading(memory: memory, start: memory.pointee.load(ordering: .relaxed))
  }

  deinit { counters.giveBack(offset) }

  public var bytes: UInt64 { reading.bytes }
}
