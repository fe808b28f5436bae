import Report

/// The intervals of a run, as far as a report keeps them. However long a peer makes a run last and however many streams it
/// opens, what is kept stays bounded: when there is too much, neighbours are joined in pairs, which keeps every byte.
struct IntervalHistory {
  private(set) var intervals: [IntervalReport] = []
  /// How many intervals stand together as one, at most; 1 while nothing was joined.
  private(set) var longestJoin = 1
  private let capacity: Int

  /// - Parameter capacity: entries kept, one per stream and interval.
  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
  }

  mutating func append(_ interval: IntervalReport) {
    intervals.append(interval)
    entries += interval.streams.count
    while entries > capacity, intervals.count > 2 {
      let before = intervals.count
      joinPairs()
      // Omitted and counted intervals are not joined with each other; with only one of each nothing more can be.
      if intervals.count == before { break }
    }
  }

  /// One per stream and interval.
  private(set) var entries = 0

  /// For the report; nil when nothing was joined.
  var note: String? {
    longestJoin > 1 ? "the run was long: up to \(longestJoin) intervals are kept together as one" : nil
  }

  private mutating func joinPairs() {
    var kept: [IntervalReport] = []
    var lastIsPair = true
    for interval in intervals {
      if !lastIsPair, let last = kept.last, last.omitted == interval.omitted {
        kept[kept.count - 1] = last.joined(with: interval)
        lastIsPair = true
      } else {
        kept.append(interval)
        lastIsPair = false
      }
    }
    intervals = kept
    entries = kept.reduce(0) { $0 + $1.streams.count }
    longestJoin *= 2
  }
}

extension IntervalReport {
  /// This interval and the one after it as one: bytes and retransmits added up, the rest as it was at the end.
  func joined(with next: IntervalReport) -> IntervalReport {
    var byStream: [Int: IntervalStream] = [:]
    for stream in streams { byStream[stream.id] = stream }
    for stream in next.streams {
      var both = stream
      if let before = byStream[stream.id] {
        both.bytes &+= before.bytes
        both.retransmits = both.retransmits.flatMap { now in before.retransmits.map { now &+ $0 } }
      }
      byStream[stream.id] = both
    }
    return IntervalReport(
      start: start, end: next.end, omitted: omitted, streams: byStream.values.sorted { $0.id < $1.id })
  }
}
