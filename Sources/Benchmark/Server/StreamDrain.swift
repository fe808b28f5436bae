import IperfProtocol
import Linux
import Report

/// Waits after the end of a test until each stream has brought the bytes its client counts as sent, so that both sides'
/// figures agree to the byte; for one second at most.
struct StreamDrain {
  /// Total bytes expected per stream, omitted ones included; nil where the client does not tell.
  private let expected: [UInt64?]
  private let limit: MonotonicTime
  private var lastTotal: UInt64
  /// When the last byte was seen to have arrived, or the end of the test when that was later.
  private(set) var lastByteAt: MonotonicTime

  static let longest = 1.0
  /// A stream of unknown length counts as drained after this long without a byte, seconds.
  private static let quiet = 0.05
  static let step = 0.001

  /// - Parameter omits: the test has omitted seconds; a stock client then does not tell how much it sent in all.
  init(
    _ results: TestResults, omits: Bool, streams: [ReceiveStream], testEnd: TestEnd, now: MonotonicTime
  ) {
    let totals = results.totalBytesByStream
    expected = streams.map { stream in
      totals[stream.id] ?? (omits ? nil : results.streams.first { $0.id == stream.id }?.bytes)
    }
    limit = now.adding(seconds: StreamDrain.longest)
    lastTotal = streams.reduce(0) { $0 + $1.bytes }
    var end = testEnd
    end.note(lastTotal, at: now)
    lastByteAt = end.lastByteAt
  }

  var deadline: MonotonicTime { .now().adding(seconds: StreamDrain.step) }

  mutating func isDone(_ streams: [ReceiveStream], at now: MonotonicTime) -> Bool {
    let total = streams.reduce(0) { $0 + $1.bytes }
    if total != lastTotal {
      lastTotal = total
      lastByteAt = now
    }
    let quiet = now.seconds(since: lastByteAt) >= StreamDrain.quiet
    let complete = zip(streams, expected).allSatisfy { stream, expected in
      !stream.isOpen || expected.map { stream.bytes >= $0 } ?? quiet
    }
    return complete || now >= limit
  }

  /// One sentence per stream that did not bring what its client counts as sent.
  func shortfalls(_ streams: [ReceiveStream]) -> [String] {
    zip(streams, expected).compactMap { stream, expected in
      guard let expected, stream.bytes != expected else { return nil }
      return "stream \(stream.id): the client counts \(expected.counted("byte")) as sent, \(stream.bytes) arrived"
    }
  }
}
