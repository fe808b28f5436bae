import Glibc
import Linux

/// Holds a stream to its rate (-b): after each burst it sleeps until the bytes sent so far are due. Sleeps are short, so
/// that a stop is noticed.
struct Pacer {
  private let bytesPerSecond: Double
  private let burst: Int
  private let start: MonotonicTime
  private var blocks = 0
  private static let longestSleep: Int64 = 50_000_000

  /// - Parameters:
  ///   - bitsPerSecond: nil or 0 never sleeps.
  ///   - burst: blocks sent back to back, at least 1.
  init?(bitsPerSecond: UInt64, burst: Int, start: MonotonicTime) {
    guard bitsPerSecond > 0 else { return nil }
    bytesPerSecond = Double(bitsPerSecond) / 8
    self.burst = max(1, burst)
    self.start = start
  }

  /// How long to sleep before the next block, nanoseconds; 0 when it is due.
  mutating func pause(sent: UInt64, now: MonotonicTime) -> Int64 {
    let due = start.adding(seconds: Double(sent) / bytesPerSecond)
    guard due > now else { return 0 }
    return min(due.nanoseconds - now.nanoseconds, Pacer.longestSleep)
  }

  /// Called per block; true when the burst is over and the rate has to be looked at.
  mutating func endsBurst() -> Bool {
    blocks += 1
    guard blocks >= burst else { return false }
    blocks = 0
    return true
  }
}
