import Synchronization

/// What one stream has sent so far, and what all streams of a test share. The stream's thread writes with relaxed
/// single-writer stores; anybody may read at any time.
final class SendCounters: Sendable {
  let bytes = Atomic<UInt64>(0)
  let calls = Atomic<UInt64>(0)
  /// Calls that took nothing for now (EAGAIN, EINTR).
  let retries = Atomic<UInt64>(0)
  let isOver = Atomic<Bool>(false)
}

/// What ends sending.
final class SendQuota: Sendable {
  let stop = Atomic<Bool>(false)
  /// Bytes that may still be taken; `unlimited` when only time ends the test.
  private let remaining: Atomic<Int64>
  private let isLimited: Bool

  /// - Parameter bytes: over all streams; nil sets no limit.
  init(bytes: UInt64?) {
    remaining = Atomic(Int64(clamping: bytes ?? 0))
    isLimited = bytes != nil
  }

  /// Takes up to `count` bytes; 0 when none are left.
  func take(_ count: Int) -> Int {
    guard isLimited else { return count }
    let before = remaining.subtract(Int64(count), ordering: .relaxed).oldValue
    return Int(clamping: max(0, min(Int64(count), before)))
  }
}
