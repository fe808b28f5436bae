/// Bytes between memory and the rest of the machine over the seconds that count, or why they are not known.
///
/// They are those of the whole machine: what else runs on it is in them, as far as the idle second before does not tell it
/// apart.
public struct MemoryReport: Sendable, Equatable {
  /// Why there are no figures; nil where there are.
  public var unavailable: String?
  public var source: Source?
  /// As counted, nothing taken off.
  public var traffic: MemoryTrafficReport?
  /// What the machine moved while it was idle, before the traffic; nil with `noBaseline`.
  public var baseline: MemoryBaselineReport?
  /// Why nothing is taken off.
  public var noBaseline: String?
  /// What is left of the traffic once the idle rate is taken off, bytes; nil without a baseline.
  public var netBytes: UInt64?
  /// `netBytes` for each byte of this side's own account; nil without either.
  public var bytesPerPayloadByte: Double?
  /// Sentences a reader of the figures should know.
  public var remarks: [String] = []

  public init(unavailable: String? = nil, source: Source? = nil) {
    self.unavailable = unavailable
    self.source = source
  }

  /// Where the figures come from.
  public struct Source: Sendable, Equatable {
    /// "intel-imc", "amd-umc", …: docs/memory-bandwidth.md.
    public var name: String
    /// For people.
    public var title: String
    /// What the figures leave out; nil where they hold all traffic of the memory.
    public var limitation: String?

    public init(name: String, title: String, limitation: String?) {
      self.name = name
      self.title = title
      self.limitation = limitation
    }
  }
}

/// What the counters counted.
public struct MemoryTrafficReport: Sendable, Equatable {
  /// Seconds between the readings.
  public var seconds: Double
  public var sockets: [MemorySocketReport]
  /// The smallest part of the time any counter ran, 0…1; less than 1 where there were too few of them, and the figures are
  /// scaled up.
  public var runningShare: Double

  public init(seconds: Double, sockets: [MemorySocketReport], runningShare: Double) {
    self.seconds = seconds
    self.sockets = sockets
    self.runningShare = runningShare
  }

  /// All sockets together; nil where the source does not tell reads from writes.
  public var readBytes: UInt64? { sum(\.readBytes) }
  public var writeBytes: UInt64? { sum(\.writeBytes) }
  public var totalBytes: UInt64 { sockets.reduce(0) { $0 &+ $1.totalBytes } }

  private func sum(_ figure: KeyPath<MemorySocketReport, UInt64?>) -> UInt64? {
    sockets.reduce(Optional(0)) { sum, socket in sum.flatMap { sum in socket[keyPath: figure].map { sum &+ $0 } } }
  }
}

public struct MemorySocketReport: Sendable, Equatable {
  public var socket: Int
  /// Nil where the source does not tell reads from writes.
  public var readBytes: UInt64?
  public var writeBytes: UInt64?
  public var totalBytes: UInt64

  public init(socket: Int, readBytes: UInt64?, writeBytes: UInt64?, totalBytes: UInt64) {
    self.socket = socket
    self.readBytes = readBytes
    self.writeBytes = writeBytes
    self.totalBytes = totalBytes
  }
}

/// What the machine moved while this side was idle.
public struct MemoryBaselineReport: Sendable, Equatable {
  /// How long it was looked at, seconds.
  public var seconds: Double
  /// How long before the traffic that ended, seconds.
  public var age: Double
  /// Bytes a second.
  public var readRate: Double?
  public var writeRate: Double?
  public var totalRate: Double

  public init(seconds: Double, age: Double, readRate: Double?, writeRate: Double?, totalRate: Double) {
    self.seconds = seconds
    self.age = age
    self.readRate = readRate
    self.writeRate = writeRate
    self.totalRate = totalRate
  }
}

/// The same within one interval, all sockets together.
public struct IntervalMemoryReport: Sendable, Equatable {
  /// Seconds between the readings.
  public var seconds: Double
  public var readBytes: UInt64?
  public var writeBytes: UInt64?
  public var totalBytes: UInt64
  /// With the idle rate taken off; nil without a baseline.
  public var netBytes: UInt64?

  public init(seconds: Double, readBytes: UInt64?, writeBytes: UInt64?, totalBytes: UInt64, netBytes: UInt64?) {
    self.seconds = seconds
    self.readBytes = readBytes
    self.writeBytes = writeBytes
    self.totalBytes = totalBytes
    self.netBytes = netBytes
  }

  /// This interval and the one after it as one.
  public func joined(with next: IntervalMemoryReport) -> IntervalMemoryReport {
    func sum(_ figure: KeyPath<IntervalMemoryReport, UInt64?>) -> UInt64? {
      self[keyPath: figure].flatMap { first in next[keyPath: figure].map { first &+ $0 } }
    }
    return IntervalMemoryReport(
      seconds: seconds + next.seconds, readBytes: sum(\.readBytes), writeBytes: sum(\.writeBytes),
      totalBytes: totalBytes &+ next.totalBytes, netBytes: sum(\.netBytes))
  }
}
