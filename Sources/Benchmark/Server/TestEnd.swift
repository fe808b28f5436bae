import IperfProtocol
import Linux

/// When the client ended the test, and what it says of it.
struct TestEnd {
  let at: MonotonicTime
  /// When the last byte was seen to have arrived, or the end of the test when that was later.
  private(set) var lastByteAt: MonotonicTime
  /// Received by then.
  private(set) var bytes: UInt64
  var clientResults: TestResults?

  init(at time: MonotonicTime, bytes: UInt64) {
    at = time
    lastByteAt = time
    self.bytes = bytes
  }

  mutating func note(_ bytes: UInt64, at now: MonotonicTime) {
    guard bytes != self.bytes else { return }
    self.bytes = bytes
    lastByteAt = now
  }
}
