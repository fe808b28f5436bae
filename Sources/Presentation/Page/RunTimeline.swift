import BoundedJSON
import Report

/// What a run moved, interval by interval, ours and iperf3's alike.
struct RunTimeline {
  struct Interval {
    var start: Double
    var end: Double
    var omitted: Bool
    var bytes: UInt64
    var zeroCopied: ByteBounds?
    var retransmits: UInt64?

    var bitsPerSecond: Double { end > start ? Double(bytes) * 8 / (end - start) : 0 }
  }

  /// In order of time.
  let intervals: [Interval]

  init(_ run: RecordedRun) {
    if let report = run.report {
      intervals = report.intervals.map { interval in
        let retransmits = interval.streams.compactMap(\.retransmits)
        return Interval(
          start: interval.start, end: interval.end, omitted: interval.omitted, bytes: interval.bytes,
          zeroCopied: interval.zeroCopied,
          retransmits: retransmits.isEmpty ? nil : UInt64(summing: retransmits))
      }
    } else {
      intervals = (run.json.object?["intervals"]?.array ?? []).compactMap(Self.interval)
    }
  }

  private static func interval(ofIperf json: JSONValue) -> Interval? {
    guard let sum = json.object?["sum"]?.object, let start = sum["start"]?.doubleValue,
      let end = sum["end"]?.doubleValue, let bytes = sum["bytes"]?.uint64Value
    else { return nil }
    return Interval(
      start: start, end: end, omitted: sum["omitted"]?.boolValue ?? false, bytes: bytes, zeroCopied: nil,
      retransmits: sum["retransmits"]?.uint64Value)
  }

  /// Those that count, joined where there are more than a picture can show.
  func counted(atMost limit: Int = 400) -> [Interval] {
    let counted = intervals.filter { !$0.omitted }
    let group = (counted.count + limit - 1) / limit
    guard group > 1 else { return counted }
    return stride(from: 0, to: counted.count, by: group).map { start in
      Self.joined(Array(counted[start..<min(start + group, counted.count)]))
    }
  }

  private static func joined(_ intervals: [Interval]) -> Interval {
    var whole = intervals[0]
    for interval in intervals.dropFirst() {
      whole.end = interval.end
      whole.bytes &+= interval.bytes
      if let sum = whole.zeroCopied, let more = interval.zeroCopied {
        whole.zeroCopied = ByteBounds(atLeast: sum.atLeast &+ more.atLeast, atMost: sum.atMost &+ more.atMost)
      } else {
        whole.zeroCopied = nil
      }
    }
    return whole
  }
}
