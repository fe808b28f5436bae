/// What TCP knows of a connection as its sender, microseconds since it began (tcp(7), TCP_INFO; Linux 4.10).
public struct TCPSending: Sendable, Equatable {
  /// There was data to send.
  public var busy: UInt64
  /// Of `busy`, the peer's window held it back.
  public var windowLimited: UInt64
  /// Of `busy`, this side's own send buffer held it back.
  public var bufferLimited: UInt64

  public init(busy: UInt64, windowLimited: UInt64, bufferLimited: UInt64) {
    self.busy = busy
    self.windowLimited = windowLimited
    self.bufferLimited = bufferLimited
  }
}

/// What TCP knows of a connection as its receiver.
public struct TCPReceiving: Sendable, Equatable {
  /// The window offered at the end, bytes; nil before Linux 6.2.
  public var window: UInt32?
  /// What the kernel's tuning of the receive buffer aims at, bytes.
  public var space: UInt32
  /// Segments that arrived out of order.
  public var outOfOrder: UInt32
  /// Packets the socket dropped (SO_MEMINFO); nil where the kernel does not tell.
  public var drops: UInt32?

  public init(window: UInt32?, space: UInt32, outOfOrder: UInt32, drops: UInt32?) {
    self.window = window
    self.space = space
    self.outOfOrder = outOfOrder
    self.drops = drops
  }
}
