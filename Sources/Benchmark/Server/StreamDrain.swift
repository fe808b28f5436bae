import IperfProtocol
import Linux
import Report

/// Waits after the end of a test until each stream has brought the bytes its client counts as sent, so that both sides'
/// figures agree to the byte.
struct StreamDrain {
  /// Total bytes expected per stream, omitted ones included; nil where the client does not tell.
  private let expected: [UInt64?]
  /// Why a stream may bring more than its client counts; nil where the count is whole.
  private let undercount: Undercount?
  /// Seconds it may take in all, and without a byte while none lies in a socket; nil goes on for as long as bytes come.
  private let limits: (all: Double, silence: Double)?
  /// Seconds without a byte after which nothing more is waited for; 0 is for ever.
  private let longestSilence: Double
  private let start: MonotonicTime
  private var lastTotal: UInt64
  /// When the last byte was seen to have arrived, or the end of the test when that was later.
  private(set) var lastByteAt: MonotonicTime

  /// A client whose own count may lack the block that each stream was writing when the test ended.
  struct Undercount {
    /// As it calls itself, `iperf3 3.18`.
    let client: String
    /// Bytes of a block.
    let block: UInt64
  }

  /// Where what is missing is named and does not fail the test. A receiver that others keep off its CPU has bytes left to read
  /// for longer than a second.
  static let limits = (all: 10.0, silence: 1.0)
  /// A stream of unknown length counts as drained after this long without a byte, seconds.
  private static let quiet = 0.05
  static let step = 0.001

  /// - Parameters:
  ///   - omits: the test has omitted seconds; a stock client then does not tell how much it sent in all.
  ///   - undercount: nil of a client that counts all it sent.
  ///   - idleTimeout: seconds, 0 for ever, where every byte sent has to be checked; nil keeps to `limits`.
  init(
    _ results: TestResults, omits: Bool, undercount: Undercount? = nil, idleTimeout: Double? = nil,
    streams: [ReceiveStream], testEnd: TestEnd, now: MonotonicTime
  ) {
    let totals = results.totalBytesByStream
    expected = streams.map { stream in
      totals[stream.id] ?? (omits ? nil : results.streams.first { $0.id == stream.id }?.bytes)
    }
    self.undercount = totals.isEmpty ? undercount : nil
    limits = idleTimeout == nil ? StreamDrain.limits : nil
    longestSilence = idleTimeout ?? 0
    start = now
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
    if let limits {
      if now >= start.adding(seconds: limits.all) { return true }
      if now >= max(start, lastByteAt).adding(seconds: limits.silence), streams.allSatisfy({ $0.queued == 0 }) {
        return true
      }
    }
    if longestSilence > 0, now >= max(start, lastByteAt).adding(seconds: longestSilence) { return true }
    let isQuiet = now.seconds(since: lastByteAt) >= StreamDrain.quiet
    return zip(streams, expected).allSatisfy { stream, expected in
      guard stream.isOpen else { return true }
      if let expected, stream.bytes < expected { return false }
      // Up to here the count is whole; beyond it, as without one, only silence tells that nothing more comes.
      if let expected, stream.bytes == expected, undercount == nil { return true }
      return isQuiet && stream.queued == 0
    }
  }

  /// Bytes that a client counts as sent and nobody compared with the pattern.
  func unchecked(of streams: [ReceiveStream]) -> UInt64 {
    zip(streams, expected).reduce(0) { sum, stream in
      let (stream, expected) = stream
      let (more, overflow) = sum.addingReportingOverflow((expected ?? 0) - min(expected ?? 0, stream.checkedBytes))
      return overflow ? .max : more
    }
  }

  /// Where a client's count and what arrived differ, and whose account that is.
  func differences(_ streams: [ReceiveStream]) -> [String] {
    var sentences: [String] = []
    var surplus: (bytes: UInt64, streams: Int) = (0, 0)
    for (stream, expected) in zip(streams, expected) {
      guard let expected, stream.bytes != expected else { continue }
      if let undercount, stream.bytes > expected, stream.bytes - expected <= undercount.block {
        surplus = (surplus.bytes + (stream.bytes - expected), surplus.streams + 1)
      } else {
        let unread = stream.unread > 0 ? ", \(stream.unread) lay unread in the socket" : ""
        sentences.append(
          "stream \(stream.id): the client counts \(expected.counted("byte")) as sent, \(stream.bytes) arrived\(unread)"
        )
      }
    }
    if let undercount, surplus.streams > 0 {
      sentences.append(
        "\(undercount.client) counts \(surplus.bytes.counted("byte")) fewer as sent than arrived, on "
          + "\(surplus.streams.counted("stream")): its account lacks the block that a stream was writing at the end "
          + "(iperf3 3.16 and later); the receiver's is whole")
    }
    return sentences
  }
}

extension TestParameters {
  /// iperf3 sends in threads since 3.16 and cancels them at the end of a test. What a write(2) had taken by then was sent
  /// and is not counted (iperf_tcp.c, `iperf_tcp_send`: the count is added when the write returns).
  var undercount: StreamDrain.Undercount? {
    guard let clientVersion else { return nil }
    let numbers = clientVersion.split(separator: ".").prefix(2).compactMap { part in Int(part.prefix { $0.isNumber }) }
    guard numbers.count == 2, (numbers[0], numbers[1]) >= (3, 16) else { return nil }
    return StreamDrain.Undercount(client: "iperf3 \(clientVersion)", block: UInt64(length))
  }
}
