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

  static let noWrongByte = UInt64.max

  /// Two cache lines, so that the counters of two workers never share one (adjacent-line prefetch included).
  static let alignment = 128
}
