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

  public func adding(seconds: Double) -> MonotonicTime {
    MonotonicTime(nanoseconds: nanoseconds + Int64(seconds * 1e9))
  }

  /// Milliseconds left until here, rounded up so that a waiter does not wake early; 0 when it has passed.
  public func millisecondsLeft(from now: MonotonicTime) -> Int32 {
    let left = max(0, nanoseconds - now.nanoseconds)
    return Int32(min(Int64(Int32.max), (left + 999_999) / 1_000_000))
  }
}

/// Sleeps (nanosleep(2)); a signal may end it early.
public func pause(seconds: Double) {
  var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
  nanosleep(&time, nil)
}
