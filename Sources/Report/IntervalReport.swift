/// What was counted between two samples.
public struct IntervalReport: Sendable, Equatable {
  /// Seconds on the test's clock.
  public var start: Double
  public var end: Double
  /// True within the omitted seconds.
  public var omitted: Bool
  public var streams: [IntervalStream]
  /// Bytes of streams that are not in `streams`.
  public var unlistedBytes: UInt64 = 0
  /// Bytes of all streams the kernel copied, and those it did not; nil where that is not known for an interval.
  public var copied: ByteBounds?
  public var zeroCopied: ByteBounds?
  /// What `zeroCopied` is without what a probe counted; nil where that is not in it. Of a running test alone.
  public var zeroCopiedByCompletions: ByteBounds?
  /// Nil where the machine's memory traffic is not known.
  public var memory: IntervalMemoryReport?

  public init(start: Double, end: Double, omitted: Bool, streams: [IntervalStream]) {
    self.start = start
    self.end = end
    self.omitted = omitted
    self.streams = streams
  }

  public var bytes: UInt64 { streams.reduce(unlistedBytes) { $0 &+ $1.bytes } }
  public var seconds: Double { max(0, end - start) }
}

public struct IntervalStream: Sendable, Equatable {
  public var id: Int
  public var socket: Int
  public var bytes: UInt64
  /// Sender only: segments retransmitted in this interval, and the state at its end (bytes, microseconds).
  public var retransmits: UInt64?
  public var congestionWindow: UInt32?
  public var sendWindow: UInt32?
  public var rtt: UInt32?
  public var rttVariation: UInt32?
  public var pathMtu: UInt32?

  public init(id: Int, socket: Int, bytes: UInt64) {
    self.id = id
    self.socket = socket
    self.bytes = bytes
  }
}
