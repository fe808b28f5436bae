import Glibc

/// A point on CLOCK_MONOTONIC, which no clock adjustment moves.
public struct MonotonicTime: Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  public static func now() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// Seconds from `earlier` to here; negative when `earlier` is later.
  public func seconds(since earlier: MonotonicTime) -> Double {
    Double(nanoseconds - earlier.nanoseconds) / 1e9
  }

  /// What lies beyond the clock's 292 years is their end: no number of seconds traps.
  public func adding(seconds: Double) -> MonotonicTime {
    let added = seconds * 1e9
    let limit = 0x1p62
    let step = added >= limit ? 1 << 62 : added <= -limit ? -(1 << 62) : added.isNaN ? 0 : Int64(added)
    let (sum, isBeyond) = nanoseconds.addingReportingOverflow(step)
    return MonotonicTime(nanoseconds: isBeyond ? (step > 0 ? .max : .min) : sum)
  }

  /// Milliseconds left until here, rounded up so that a waiter does not wake early; 0 when it has passed.
  public func millisecondsLeft(from now: MonotonicTime) -> Int32 {
    let left = max(0, nanoseconds - now.nanoseconds)
    return Int32(min(Int64(Int32.max), left / 1_000_000 + (left % 1_000_000 > 0 ? 1 : 0)))
  }
}

/// Sleeps (nanosleep(2)); a signal may end it early.
public func pause(seconds: Double) {
  let seconds = min(max(0, seconds), 1e9)
  var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
  nanosleep(&time, nil)
}
