import Report

/// The intervals of a run, as far as a report keeps them. However long a peer makes a run last and however many streams it
/// opens, what is kept stays bounded: when there is too much, neighbours are joined in pairs, which keeps every byte.
struct IntervalHistory {
  private var kept: [(interval: IntervalReport, count: Int)] = []
  /// How many intervals stand together as one; 1 while nothing was joined.
  private(set) var stride = 1
  /// One per stream and kept interval.
  private(set) var entries = 0
  private let capacity: Int

  /// - Parameter capacity: entries kept.
  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
  }

  var intervals: [IntervalReport] { kept.map(\.interval) }

  mutating func append(_ interval: IntervalReport) {
    add(interval, count: 1)
    // Omitted and counted intervals are not joined with each other: with one of each nothing more can be.
    while entries > capacity, kept.count > 2 {
      let all = kept
      (kept, entries) = ([], 0)
      stride *= 2
      for (interval, count) in all { add(interval, count: count) }
    }
  }

  /// What the probe counted turned out not to be all.
  mutating func distrustProbe() {
    for index in kept.indices { kept[index].interval.distrustProbe() }
  }

  /// For the report; nil when nothing was joined.
  var note: String? {
    stride > 1 ? "the run was long: up to \(stride) intervals are kept together as one" : nil
  }

  private mutating func add(_ interval: IntervalReport, count: Int) {
    guard let last = kept.last, last.count + count <= stride, last.interval.omitted == interval.omitted else {
      kept.append((interval, count))
      entries += interval.streams.count
      return
    }
    let joined = last.interval.joined(with: interval)
    kept[kept.count - 1] = (joined, last.count + count)
    entries += joined.streams.count - last.interval.streams.count
  }
}

extension IntervalReport {
  mutating func setZeroCopied(_ bounds: ByteBounds) {
    zeroCopied = bounds
    copied = bounds.remainder(of: bytes)
  }

  mutating func distrustProbe() {
    if let bounds = zeroCopiedByCompletions { setZeroCopied(bounds) }
  }

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
    var joined = IntervalReport(
      start: start, end: next.end, omitted: omitted, streams: byStream.values.sorted { $0.id < $1.id })
    joined.unlistedBytes = unlistedBytes &+ next.unlistedBytes
    joined.memory = memory.flatMap { memory in next.memory.map { memory.joined(with: $0) } }
    return joined
  }
}
