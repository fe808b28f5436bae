import Synchronization

/// What one flow has counted so far. One worker writes, with relaxed single-writer stores; anybody may read at any time.
package struct FlowCounters: ~Copyable, Sendable {
  package enum State: UInt8, AtomicRepresentable {
    case open
    case ended
    case failed
  }

  package let bytes = Atomic<UInt64>(0)
  package let state = Atomic<State>(.open)
  /// The errno that ended the flow, once `state` is `failed`.
  package let failure = Atomic<Int32>(0)
  /// Bytes compared with the pattern.
  package let checkedBytes = Atomic<UInt64>(0)
  /// Offset of the first byte that differed from the pattern; `noWrongByte` until there is one.
  package let firstWrongOffset = Atomic<UInt64>(FlowCounters.noWrongByte)

  /// Bytes of zero-copy receive whose completions prove that they were not copied, and bytes that `mmap` mapped.
  package let proven = Atomic<UInt64>(0)
  /// Bytes of zero-copy receive that the kernel copied, where a probe counts them by stream.
  package let copied = Atomic<UInt64>(0)
  /// Bytes that zero-copy receive could not deliver and recv() took.
  package let drained = Atomic<UInt64>(0)
  /// Bytes that arrived, could no longer be read, and are in no other figure.
  package let lost = Atomic<UInt64>(0)
  /// Offset from which zero-copy receive was given up; `neverGivenUp` until then.
  package let copyingFrom = Atomic<UInt64>(FlowCounters.neverGivenUp)

  static let neverGivenUp = UInt64.max
  static let noWrongByte = UInt64.max

  /// Two cache lines, so that the counters of two workers never share one (adjacent-line prefetch included).
  static let alignment = 128

  /// Counters in memory of their own, at that alignment.
  package static func make() -> UnsafeMutablePointer<FlowCounters> {
    let counters = UnsafeMutableRawPointer.allocate(
      byteCount: max(MemoryLayout<FlowCounters>.stride, alignment), alignment: alignment
    ).bindMemory(to: FlowCounters.self, capacity: 1)
    counters.initialize(to: FlowCounters())
    return counters
  }

  package static func destroy(_ counters: UnsafeMutablePointer<FlowCounters>) {
    counters.deinitialize(count: 1)
    UnsafeMutableRawPointer(counters).deallocate()
  }
}
