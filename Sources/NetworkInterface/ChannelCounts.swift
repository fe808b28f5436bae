/// How many queues an interface has, and could have (ethtool's "channels"). A combined channel is a receive and a transmit
/// queue on one interrupt; a driver has either combined or separate ones, or both.
public struct ChannelCounts: Sendable, Equatable {
  public var receive: Int
  public var transmit: Int
  public var combined: Int
  public var receiveMaximum: Int
  public var transmitMaximum: Int
  public var combinedMaximum: Int

  public init(
    receive: Int = 0, transmit: Int = 0, combined: Int = 0, receiveMaximum: Int = 0, transmitMaximum: Int = 0,
    combinedMaximum: Int = 0
  ) {
    self.receive = receive
    self.transmit = transmit
    self.combined = combined
    self.receiveMaximum = receiveMaximum
    self.transmitMaximum = transmitMaximum
    self.combinedMaximum = combinedMaximum
  }

  /// Receive queues in use, numbered from 0.
  public var receiveQueues: Int { receive + combined }
}
