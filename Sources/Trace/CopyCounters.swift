import CLinux
import Glibc
import Linux
import Synchronization

/// Counters of 64 bits in memory that programs in the kernel add to and this process reads without a system call.
public final class CopyCounters: Sendable {
  /// One counter: its distance from the first in bytes. `nowhere` takes what nobody asks for.
  public struct Slot: Sendable, Hashable {
    let offset: UInt32
    static let nowhere = Slot(offset: 0)
  }

  /// Of all counters together, a power of two, so that a program keeps within them by a mask.
  static let bytes: UInt32 = 1 << 18

  private let descriptor: Descriptor
  private nonisolated(unsafe) let memory: UnsafePointer<Atomic<UInt64>>
  private let free = Mutex(Free())

  private struct Free {
    var slots: [Slot] = []
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

  /// A counter that nobody else uses, and what it stands at, from which on it counts; nil when all are in use.
  public func take() -> (slot: Slot, start: UInt64)? {
    let slot = free.withLock { free -> Slot? in
      if let slot = free.slots.popLast() { return slot }
      guard free.next < CopyCounters.bytes else { return nil }
      defer { free.next += 8 }
      return Slot(offset: free.next)
    }
    return slot.map { ($0, self[$0]) }
  }

  /// Gives a counter back that no program adds to any more.
  public func giveBack(_ slot: Slot) { free.withLock { $0.slots.append(slot) } }

  public subscript(_ slot: Slot) -> UInt64 {
    memory[Int(slot.offset) / MemoryLayout<UInt64>.size].load(ordering: .relaxed)
  }
}
