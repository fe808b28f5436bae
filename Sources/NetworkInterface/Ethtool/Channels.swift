import CLibNetlink
import Linux

/// How many queues an interface has, and could have (ethtool's "channels"). A combined channel is a receive and a transmit
/// queue on one interrupt; a driver has either combined or separate ones, or both.
public struct ChannelCounts: Sendable, Equatable {
  public var receive: Int
  public var transmit: Int
  /// Channels for anything else: link interrupts, virtual functions.
  public var other: Int
  public var combined: Int
  public var receiveMaximum: Int
  public var transmitMaximum: Int
  public var otherMaximum: Int
  public var combinedMaximum: Int

  public init(
    receive: Int = 0, transmit: Int = 0, other: Int = 0, combined: Int = 0, receiveMaximum: Int = 0,
    transmitMaximum: Int = 0, otherMaximum: Int = 0, combinedMaximum: Int = 0
  ) {
    self.receive = receive
    self.transmit = transmit
    self.other = other
    self.combined = combined
    self.receiveMaximum = receiveMaximum
    self.transmitMaximum = transmitMaximum
    self.otherMaximum = otherMaximum
    self.combinedMaximum = combinedMaximum
  }

  /// Receive queues in use, numbered from 0.
  public var receiveQueues: Int { receive + combined }
}

/// What to change about them; nil leaves a count alone.
public struct ChannelChange: Sendable, Equatable {
  public var receive: Int?
  public var transmit: Int?
  public var other: Int?
  public var combined: Int?

  public init(receive: Int? = nil, transmit: Int? = nil, other: Int? = nil, combined: Int? = nil) {
    self.receive = receive
    self.transmit = transmit
    self.other = other
    self.combined = combined
  }
}

extension EthtoolSocket {
  /// Reads how many queues `interface` has. Needs no privilege.
  /// - Throws: ENODEV where there is no such interface, EOPNOTSUPP where its driver has no channels.
  public mutating func channels(of interface: String) throws(SystemCallError) -> ChannelCounts {
    let answers = try ask(
      Int32(ETHTOOL_MSG_CHANNELS_GET), "ETHTOOL_MSG_CHANNELS_GET", about: interface,
      to: "read the channels of \(interface)")
    return answers.last.map(ChannelCounts.init) ?? ChannelCounts()
  }

  /// Sets the counts that are not nil. Most drivers restart the interface for it.
  /// - Throws: EINVAL beyond the maxima, and while the removed queues are used by a table, a rule or a memory provider.
  public mutating func setChannels(
    of interface: String, to change: ChannelChange
  ) throws(SystemCallError) -> Acceptance<Void> {
    try self.change(
      Int32(ETHTOOL_MSG_CHANNELS_SET), "ETHTOOL_MSG_CHANNELS_SET", of: interface,
      to: "set the channels of \(interface)", change.put
    ).map { _ in }
  }
}

extension ChannelCounts {
  /// What a driver has none of is left out.
  init(_ attributes: NetlinkAttributes) {
    func count(_ attribute: Int) -> Int { attributes.count(attribute) ?? 0 }
    self.init(
      receive: count(Int(ETHTOOL_A_CHANNELS_RX_COUNT)),
      transmit: count(Int(ETHTOOL_A_CHANNELS_TX_COUNT)),
      other: count(Int(ETHTOOL_A_CHANNELS_OTHER_COUNT)),
      combined: count(Int(ETHTOOL_A_CHANNELS_COMBINED_COUNT)),
      receiveMaximum: count(Int(ETHTOOL_A_CHANNELS_RX_MAX)),
      transmitMaximum: count(Int(ETHTOOL_A_CHANNELS_TX_MAX)),
      otherMaximum: count(Int(ETHTOOL_A_CHANNELS_OTHER_MAX)),
      combinedMaximum: count(Int(ETHTOOL_A_CHANNELS_COMBINED_MAX)))
  }
}

extension ChannelChange {
  func put(into request: borrowing NetlinkMessage) throws(SystemCallError) {
    try request.put(Int(ETHTOOL_A_CHANNELS_RX_COUNT), receive)
    try request.put(Int(ETHTOOL_A_CHANNELS_TX_COUNT), transmit)
    try request.put(Int(ETHTOOL_A_CHANNELS_OTHER_COUNT), other)
    try request.put(Int(ETHTOOL_A_CHANNELS_COMBINED_COUNT), combined)
  }
}
