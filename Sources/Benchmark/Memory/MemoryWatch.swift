import Linux
import Metering
import Report

/// Follows the traffic of the machine's memory for one side of a benchmark: while nothing goes on, and through one test
/// after the other. It belongs to the thread that speaks the protocol; no worker ever waits for it.
public final class MemoryWatch {
  /// Seconds of idleness that are looked at.
  static let idleSpan = 1.0
  let choice: MemoryBandwidthMeter.Choice
  /// What the last idle second held.
  private(set) var idle: Idle?
  private var idleSince: MemorySample?
  /// One idle second is enough: this spell has had its own.
  private var hasLooked = false

  struct Idle {
    var traffic: MemoryTraffic
    var end: MonotonicTime
  }

  init(_ choice: MemoryBandwidthMeter.Choice) {
    self.choice = choice
  }

  var meter: MemoryBandwidthMeter? {
    if case .meter(let meter) = choice { return meter }
    return nil
  }

  // MARK: Idleness

  /// To be told whenever it may have changed; from the first time on that nothing goes on, a second is looked at.
  func note(isIdle: Bool, at now: MonotonicTime) {
    guard let meter else { return }
    guard isIdle else {
      idleSince = nil
      hasLooked = false
      return
    }
    guard let begin = idleSince else {
      if !hasLooked { idleSince = meter.sample(at: now) }
      return
    }
    guard now >= begin.time.adding(seconds: MemoryWatch.idleSpan) else { return }
    let end = meter.sample(at: now)
    // An idle second without a figure takes an older one along: what it said then may no longer hold.
    idle = (try? meter.traffic(from: begin, to: end).get()).map { Idle(traffic: $0, end: end.time) }
    idleSince = nil
    hasLooked = true
  }

  /// When `note` wants to be called again; nil when it need not.
  var deadline: MonotonicTime? { idleSince?.time.adding(seconds: MemoryWatch.idleSpan) }
}
