import Linux
import Testing

@testable import Benchmark

@Suite("Interval sampler")
struct IntervalSamplerTests {
  private let zero = MonotonicTime(nanoseconds: 1_000_000_000_000)

  private func at(_ seconds: Double) -> MonotonicTime { zero.adding(seconds: seconds) }

  @Test("Intervals meet without a gap, and their bytes sum up to the whole")
  func sums() throws {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 0)
    var samples = [
      sampler.sample(at: at(1.125), counts: [10, 1]), sampler.sample(at: at(2), counts: [30, 1]),
      sampler.sample(at: at(3), counts: [30, 5]),
    ]
    let last = sampler.finalSample(at: at(3.5), counts: [31, 9])
    samples.append(try #require(last))
    #expect(samples.map(\.bytes) == [[10, 1], [20, 0], [0, 4], [1, 4]])
    #expect(samples.map(\.start) == [0] + samples.dropLast().map(\.end))
    #expect(samples.map(\.end) == [1.125, 2, 3, 3.5])
    #expect(samples.allSatisfy { !$0.omitted && !$0.endedOmission })
  }

  @Test("Samples are due at multiples of the interval, whenever the one before was taken")
  func deadlines() {
    var sampler = IntervalSampler(start: zero, interval: 0.5, omit: 0)
    #expect(sampler.deadline == at(0.5))
    _ = sampler.sample(at: at(0.7), counts: [])
    #expect(sampler.deadline == at(1))
    _ = sampler.sample(at: at(1), counts: [])
    #expect(sampler.deadline == at(1.5))
  }

  @Test("A sampler that was held up takes one longer interval, not several empty ones")
  func skipsTicks() {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 0)
    let sample = sampler.sample(at: at(3.4), counts: [100])
    #expect(sample.end == 3.4)
    #expect(sample.bytes == [100])
    #expect(sampler.deadline == at(4))
  }

  @Test("The end of the omitted seconds starts the clock anew, and keeps their bytes apart")
  func omits() {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 1.5)
    #expect(sampler.deadline == at(1))
    let first = sampler.sample(at: at(1), counts: [10])
    #expect(sampler.deadline == at(1.5))
    #expect(sampler.isOmitting)
    let last = sampler.sample(at: at(1.6), counts: [25])
    #expect(!sampler.isOmitting)
    #expect([first.omitted, last.omitted] == [true, true])
    #expect([first.endedOmission, last.endedOmission] == [false, true])
    #expect(last.bytes == [15])
    #expect(sampler.omittedBytes == [25])
    #expect(sampler.start == at(1.6))
    #expect(sampler.deadline == at(2.6))
    let counted = sampler.sample(at: at(2.6), counts: [100])
    #expect(!counted.omitted)
    #expect(counted.start == 0)
    #expect(abs(counted.end - 1) < 1e-6)
    #expect(counted.bytes == [75])
  }

  @Test("Omitted seconds end even where no intervals are wanted, and nothing is due after that")
  func omitsWithoutIntervals() {
    var sampler = IntervalSampler(start: zero, interval: 0, omit: 2)
    #expect(sampler.deadline == at(2))
    let sample = sampler.sample(at: at(2), counts: [7])
    #expect(sample.endedOmission)
    #expect(sampler.deadline == nil)
  }

  @Test("A stream that joins late counts from its first byte")
  func lateStreams() {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 0)
    _ = sampler.sample(at: at(1), counts: [5])
    let sample = sampler.sample(at: at(2), counts: [6, 40])
    #expect(sample.bytes == [1, 40])
  }

  @Test("Lateness is kept in microseconds")
  func lateness() throws {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 0)
    #expect(sampler.latenessReport == nil)
    _ = sampler.sample(at: at(1.000_250), counts: [])
    _ = sampler.sample(at: at(2.004), counts: [])
    let report = try #require(sampler.latenessReport)
    #expect(report.count == 2)
    #expect(report.minimum == 250)
    #expect(report.maximum == 4000)
  }

  @Test("How late samples of omitted seconds were, and the one that ended them, does not count")
  func latenessOfOmission() throws {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 1.5)
    _ = sampler.sample(at: at(1.4), counts: [])
    sampler.noteEnd(at: at(1.45), due: at(1))
    _ = sampler.sample(at: at(4.5), counts: [])
    #expect(sampler.latenessReport == nil)
    _ = sampler.sample(at: at(5.504), counts: [])
    #expect(try #require(sampler.latenessReport).maximum == 4000)
  }

  @Test("The end takes the place of a sample that was due by then, and is late from when it was to be")
  func latenessOfEnd() throws {
    var early = IntervalSampler(start: zero, interval: 1, omit: 0)
    early.noteEnd(at: at(0.999))
    #expect(early.latenessReport == nil)
    var byPeer = early
    byPeer.noteEnd(at: at(4.4))
    #expect(try #require(byPeer.latenessReport).maximum == 3_400_000)
    var byClock = IntervalSampler(start: zero, interval: 60, omit: 0)
    byClock.noteEnd(at: at(3.5), due: at(1))
    #expect(try #require(byClock.latenessReport).maximum == 2_500_000)
    // Between its begin and its end it may have stood still unseen.
    var without = IntervalSampler(start: zero, interval: 0, omit: 0)
    without.noteEnd(at: at(3.5), due: at(1))
    #expect(without.latenessReport == nil)
  }

  @Test("A rest without bytes and almost without time is no interval; one with a byte is")
  func finalSample() {
    var sampler = IntervalSampler(start: zero, interval: 1, omit: 0)
    _ = sampler.sample(at: at(1), counts: [5])
    var other = sampler
    let (nothing, something) = (
      sampler.finalSample(at: at(1.01), counts: [5]), other.finalSample(at: at(1.01), counts: [6])
    )
    #expect(nothing?.bytes == nil)
    #expect(something?.bytes == [1])
  }
}
