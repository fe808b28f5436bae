import Linux

/// All counters of a source at one moment; only its meter can read it.
public struct MemorySample: Sendable {
  /// When it was taken.
  public let time: MonotonicTime
  let states: [Result<CounterState, SystemCallError>]
}

/// Bytes between memory and the rest of the machine within a span.
public struct MemoryTraffic: Sendable, Equatable {
  /// Seconds.
  public var seconds: Double
  /// By socket, ascending.
  public var sockets: [Socket]
  /// The smallest part of the time any counter ran, 0…1: less than 1 where the kernel shared counters out, and the figures
  /// are scaled up.
  public var runningShare: Double
  /// The named events stood still, and others were taken in their place.
  public var usesSubstitutes: Bool

  public struct Socket: Sendable, Equatable {
    public var socket: Int
    /// Nil where the source does not tell reads from writes.
    public var read: UInt64?
    public var write: UInt64?
    public var total: UInt64

    public init(socket: Int, read: UInt64?, write: UInt64?, total: UInt64) {
      self.socket = socket
      self.read = read
      self.write = write
      self.total = total
    }
  }

  public init(seconds: Double, sockets: [Socket], runningShare: Double = 1, usesSubstitutes: Bool = false) {
    self.seconds = seconds
    self.sockets = sockets
    self.runningShare = runningShare
    self.usesSubstitutes = usesSubstitutes
  }

  /// Of all sockets; nil where the source does not tell.
  public var read: UInt64? { sum(\.read) }
  public var write: UInt64? { sum(\.write) }
  public var total: UInt64 { sockets.reduce(0) { $0 + $1.total } }

  private func sum(_ figure: KeyPath<Socket, UInt64?>) -> UInt64? {
    sockets.reduce(Optional(0)) { sum, socket in
      sum.flatMap { sum in socket[keyPath: figure].map { sum + $0 } }
    }
  }
}

/// Why there is no figure for a span, as a sentence.
public struct MemoryTrafficFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
}
