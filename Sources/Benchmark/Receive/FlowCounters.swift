import Synchronization

/// What one flow has counted so far. One worker writes, with relaxed single-writer stores; anybody may read at any time.
struct FlowCounters: ~Copyable, Sendable {
  enum State: UInt8, AtomicRepresentable {
    case open
    case ended
    case failed
  }

  let bytes = Atomic<UInt64>(0)
  let state = Atomic<State>(.open)
  /// The errno that ended the flow, once `state` is `failed`.
  let failure = Atomic<Int32>(0)
  /// Bytes compared with the pattern.
  let checkedBytes = Atomic<UInt64>(0)
  /// Offset of the first byte that differed from the pattern; `noWrongByte` until there is one.
  let firstWrongOffset = Atomic<UInt64>(FlowCounters.noWrongByte)

  /// Bytes of zero-copy receive whose completions prove that they were not copied.
  let proven = Atomic<UInt64>(0)
  /// Bytes that zero-copy receive could not deliver and recv() took.
  let drained = Atomic<UInt64>(0)
  /// Bytes that arrived, could no longer be read, and are in no other figure.
  let lost = Atomic<UInt64>(0)
  /// Offset from which zero-copy receive was given up; `neverGivenUp` until then.
  let copyingFrom = Atomic<UInt64>(FlowCounters.neverGivenUp)

  static let neverGivenUp = UInt64.max
  static let noWrongByte = UInt64.max

  /// Two cache lines, so that the counters of two workers never share one (adjacent-line prefetch included).
  static let alignment = 128
}
