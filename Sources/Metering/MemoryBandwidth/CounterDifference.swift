/// What one counter counted between two readings.
struct CounterDifference: Equatable {
  /// The count, scaled up to the whole time where the counter ran for a part of it.
  let count: Double
  /// The part of the time it ran, 0…1.
  let runningShare: Double

  enum Failure: Error, Equatable {
    /// It never had a place in the hardware.
    case neverRan
    /// It stepped back by something that is no wrap.
    case steppedBack
  }

  /// Counters of the hardware have 48 bits at most places. The kernel adds up what they count in 64, and a driver that does
  /// not wraps where they do.
  private static let hardwareRange: UInt64 = 1 << 48

  init(from earlier: CounterState, to later: CounterState) throws(Failure) {
    // A counter whose state is all it was has seen no time pass.
    let enabled = later.enabled &- earlier.enabled
    let running = min(later.running &- earlier.running, enabled)
    let raw = try Self.raw(from: earlier.count, to: later.count)
    guard enabled > 0 else {
      count = Double(raw)
      runningShare = 1
      return
    }
    guard running > 0 else { throw .neverRan }
    runningShare = Double(running) / Double(enabled)
    count = Double(raw) / runningShare
  }

  private static func raw(from earlier: UInt64, to later: UInt64) throws(Failure) -> UInt64 {
    guard later < earlier else { return later - earlier }
    // The 64 bits themselves.
    let wrapped = later &- earlier
    if wrapped < hardwareRange { return wrapped }
    guard earlier < hardwareRange else { throw .steppedBack }
    let inHardware = later + hardwareRange - earlier
    // Half of the range and more within one interval would be more than any memory can do.
    guard inHardware < hardwareRange / 2 else { throw .steppedBack }
    return inHardware
  }
}
