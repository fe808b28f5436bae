import BoundedJSON
import Linux
import Report

/// Decides when samples are due and turns running byte counts into intervals. The test's clock starts anew when the
/// omitted seconds are over, as iperf3's does.
struct IntervalSampler {
  /// Where the test's clock reads 0.
  private(set) var start: MonotonicTime
  /// True until the omitted seconds are over.
  private(set) var isOmitting: Bool
  /// Bytes per stream when the counted time began.
  private(set) var omittedBytes: [UInt64] = []

  private let interval: Double
  private let omit: Double
  private var ticks: Int64 = 1
  private var lastEnd: Double = 0
  private var previous: [UInt64] = []
  private var lateness = Self.noLateness

  private static let noLateness = SampleDistribution(highest: 3_600_000_000)

  /// What happened between two samples.
  struct Sample {
    var start: Double
    var end: Double
    var omitted: Bool
    /// Per stream, in the order of the counts given.
    var bytes: [UInt64]
    /// True when this sample ended the omitted seconds.
    var endedOmission: Bool
  }

  /// - Parameters:
  ///   - interval: seconds; 0 takes no periodic samples.
  ///   - omit: seconds.
  init(start: MonotonicTime, interval: Double, omit: Double) {
    self.start = start
    self.interval = interval
    self.omit = omit
    isOmitting = omit > 0
  }

  /// When the next sample is due; nil when none is.
  var deadline: MonotonicTime? {
    let periodic = interval > 0 ? start.adding(seconds: Double(ticks) * interval) : nil
    guard isOmitting else { return periodic }
    let end = start.adding(seconds: omit)
    return periodic.map { min($0, end) } ?? end
  }

  /// Takes the sample that is due.
  mutating func sample(at now: MonotonicTime, counts: [UInt64]) -> Sample {
    if let deadline {
      lateness.record(UInt64(clamping: max(0, (now.nanoseconds - deadline.nanoseconds) / 1000)))
    }
    let endsOmission = isOmitting && now >= start.adding(seconds: omit)
    let sample = cut(at: now, counts: counts, endsOmission: endsOmission)
    if endsOmission {
      // How late samples were while nothing counted says nothing of what counts.
      lateness = Self.noLateness
      isOmitting = false
      omittedBytes = counts
      start = now
      lastEnd = 0
      ticks = 1
    } else if interval > 0 {
      // A sampler that was held up takes one longer interval rather than several empty ones.
      ticks = max(ticks + 1, Int64(clamping: now.seconds(since: start) / interval) &+ 1)
    }
    return sample
  }

  /// The test is over, which takes the place of a sample that was due by now.
  ///
  /// - Parameters:
  ///   - now: when that was noticed.
  ///   - due: when it was to be over; nil where the peer decides that.
  mutating func noteEnd(at now: MonotonicTime, due: MonotonicTime? = nil) {
    guard interval > 0, !isOmitting, let due = [deadline, due].compactMap(\.self).min(), now >= due else { return }
    lateness.record(UInt64(clamping: (now.nanoseconds - due.nanoseconds) / 1000))
  }

  /// What is left since the last sample; nil when that is nothing worth a line.
  mutating func finalSample(at now: MonotonicTime, counts: [UInt64]) -> Sample? {
    // Without periodic reports the sum says it all.
    guard interval > 0 else { return nil }
    let sample = cut(at: now, counts: counts, endsOmission: false)
    return sample.bytes.contains { $0 > 0 } || sample.end - sample.start > 0.05 * max(interval, 1) ? sample : nil
  }

  private mutating func cut(at now: MonotonicTime, counts: [UInt64], endsOmission: Bool) -> Sample {
    previous += Array(repeating: 0, count: max(0, counts.count - previous.count))
    let end = max(lastEnd, now.seconds(since: start))
    defer {
      previous = counts
      lastEnd = end
    }
    return Sample(
      start: lastEnd, end: end, omitted: isOmitting, bytes: zip(counts, previous).map { $0 &- $1 },
      endedOmission: endsOmission)
  }

  /// Of `counts`, what does not count: everything while the omitted seconds last.
  func omitted(of counts: [UInt64]) -> [UInt64] {
    isOmitting ? counts : omittedBytes + Array(repeating: 0, count: max(0, counts.count - omittedBytes.count))
  }

  /// How late the samples of the seconds that count were, microseconds; nil when none was due.
  var latenessReport: DistributionReport? { lateness.report }
}
