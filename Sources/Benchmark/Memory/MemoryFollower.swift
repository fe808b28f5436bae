import Glibc
import Linux
import Metering
import Report

/// Shows the traffic of the machine's memory as it is, without a test.
public struct MemoryFollower: Sendable {
  /// Seconds between two looks.
  public var interval: Double
  /// Seconds to follow it; nil until told to stop.
  public var duration: Double?

  public init(interval: Double, duration: Double?) {
    self.interval = interval
    self.duration = duration
  }

  public enum Event: Sendable {
    case source(MemoryReport.Source, remarks: [String])
    /// Seconds since the begin, and what was moved in between or why that is not known.
    case interval(start: Double, end: Double, Result<MemoryTrafficReport, MemoryTrafficFailure>)
  }

  /// Calls `show` for the source and for each interval.
  /// - Throws: `BenchmarkError` with the status "not supported" where nothing can be counted; what `show` throws.
  public func run(
    signals: TerminationSignals, show: (Event) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    try run(MemoryBandwidthMeter.open(), signals: signals, show: show)
  }

  func run(
    _ choice: MemoryBandwidthMeter.Choice, signals: TerminationSignals, show: (Event) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let meter: MemoryBandwidthMeter
    switch choice {
    case .meter(let found): meter = found
    case .unavailable(let reason): throw .noMemoryBandwidth(reason)
    }
    try show(.source(MemoryReport.Source(meter.source), remarks: meter.source.remarks))
    let begin = meter.sample()
    var last = begin
    var ticks = 1.0
    while true {
      let planned = min(ticks * interval, duration ?? .infinity)
      guard !waits(until: begin.time.adding(seconds: planned), for: signals) else { return }
      let now = meter.sample()
      try show(
        .interval(
          start: last.time.seconds(since: begin.time), end: now.time.seconds(since: begin.time),
          meter.traffic(from: last, to: now).map(MemoryTrafficReport.init)))
      last = now
      let passed = now.time.seconds(since: begin.time)
      if let duration, passed >= duration { return }
      // A look that came late takes one longer interval rather than several empty ones.
      ticks = max(ticks + 1, (passed / interval).rounded(.down) + 1)
    }
  }

  /// True when a signal ended the wait.
  private func waits(until time: MonotonicTime, for signals: TerminationSignals) -> Bool {
    while true {
      var polled = pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)
      let left = time.millisecondsLeft(from: .now())
      if poll(&polled, 1, left) > 0 { return signals.next() != nil }
      if left == 0 { return false }
    }
  }
}

extension BenchmarkError {
  static func noMemoryBandwidth(_ reason: String) -> BenchmarkError {
    BenchmarkError("memory bandwidth: not available (\(reason))", .notSupported)
  }
}
