import Report
import Testing

@testable import Benchmark

@Suite("The intervals a report keeps")
struct IntervalHistoryTests {
  private func interval(_ index: Int, streams: Int, omitted: Bool = false) -> IntervalReport {
    IntervalReport(
      start: Double(index), end: Double(index + 1), omitted: omitted,
      streams: (0..<streams).map { id in
        var stream = IntervalStream(id: id, socket: id, bytes: UInt64(index + 1))
        stream.retransmits = 2
        return stream
      })
  }

  @Test("Below the limit every interval is kept as it was")
  func keepsAll() {
    var history = IntervalHistory(capacity: 10)
    for index in 0..<5 { history.append(interval(index, streams: 2)) }
    #expect(history.intervals == (0..<5).map { interval($0, streams: 2) })
    #expect(history.note == nil)
  }

  @Test("Beyond it neighbours are joined: bounded, gapless, and every byte and retransmit is still there")
  func joins() {
    var history = IntervalHistory(capacity: 20)
    for index in 0..<1000 {
      history.append(interval(index, streams: 3))
      #expect(history.entries <= 20)
    }
    let kept = history.intervals
    let bytes: UInt64 = kept.map(\.bytes).reduce(0, +)
    let retransmits: UInt64 = kept.flatMap(\.streams).compactMap(\.retransmits).reduce(0, +)
    #expect(bytes == 1_501_500)
    #expect(retransmits == 6000)
    #expect(kept.first?.start == 0)
    #expect(kept.last?.end == 1000)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.end == $1.start })
    #expect(history.stride == 256)
    #expect(kept.dropLast().allSatisfy { $0.seconds == 256 })
  }

  @Test("Omitted and counted intervals are never joined with each other")
  func keepsOmittedApart() {
    var history = IntervalHistory(capacity: 4)
    for index in 0..<3 { history.append(interval(index, streams: 1, omitted: true)) }
    for index in 0..<7 { history.append(interval(index, streams: 1)) }
    let omitted: UInt64 = history.intervals.filter(\.omitted).map(\.bytes).reduce(0, +)
    let counted: UInt64 = history.intervals.filter { !$0.omitted }.map(\.bytes).reduce(0, +)
    #expect(omitted == 6)
    #expect(counted == 28)
    #expect(history.entries <= 4)
  }

  @Test("A stream that ended before its neighbour began is in the joined interval too")
  func joinsDifferentStreams() {
    let first = IntervalReport(
      start: 0, end: 1, omitted: false, streams: [IntervalStream(id: 1, socket: 5, bytes: 10)])
    let next = IntervalReport(
      start: 1, end: 2, omitted: false, streams: [IntervalStream(id: 3, socket: 6, bytes: 7)])
    let both = first.joined(with: next)
    #expect(both.streams.map(\.id) == [1, 3])
    #expect(both.bytes == 17 && both.start == 0 && both.end == 2)
  }
}
