import CKernelABI
import CLibNetlink
import Linux

/// Whether a NIC writes headers and payload of TCP packets into separate buffers (ETHTOOL_A_RINGS_TCP_DATA_SPLIT).
public enum TCPDataSplit: UInt8, Sendable, Equatable, CaseIterable {
  /// The driver's own choice. In a reading it is "unknown", which kernels up to 7.3 leave out: it reads as nil.
  case automatic = 0
  case disabled = 1
  case enabled = 2
}

/// The rings of descriptors behind the queues, and how buffers are laid out (ethtool's "rings"). What the driver does not
/// report is nil.
public struct RingParameters: Sendable, Equatable {
  /// Descriptors of each receive ring.
  public var receive: Int?
  public var receiveMaximum: Int?
  public var receiveMini: Int?
  public var receiveMiniMaximum: Int?
  public var receiveJumbo: Int?
  public var receiveJumboMaximum: Int?
  /// Descriptors of each transmit ring.
  public var transmit: Int?
  public var transmitMaximum: Int?
  /// Bytes of one receive buffer.
  public var receiveBufferLength: Int?
  /// What the driver says is in effect. Registering zero-copy receive tests what was *configured* instead: bnxt reports
  /// `enabled` while nothing was (Linux 7.3: drivers/net/ethernet/broadcom/bnxt/bnxt_ethtool.c).
  public var tcpDataSplit: TCPDataSplit?
  /// Packets up to so many bytes are not split (hds-thresh). Reported since some release after 6.12, by some drivers.
  public var headerDataSplitThreshold: Int?
  public var headerDataSplitThresholdMaximum: Int?
  /// Bytes of one entry of a completion queue.
  public var completionEntrySize: Int?

  public init() {}
}

/// What to change about them; nil leaves a setting alone.
public struct RingChange: Sendable, Equatable {
  public var receive: Int?
  public var receiveMini: Int?
  public var receiveJumbo: Int?
  public var transmit: Int?
  public var receiveBufferLength: Int?
  /// `automatic` gives the choice back to the driver.
  public var tcpDataSplit: TCPDataSplit?
  public var headerDataSplitThreshold: Int?

  public init(
    receive: Int? = nil, receiveMini: Int? = nil, receiveJumbo: Int? = nil, transmit: Int? = nil,
    receiveBufferLength: Int? = nil, tcpDataSplit: TCPDataSplit? = nil, headerDataSplitThreshold: Int? = nil
  ) {
    self.receive = receive
    self.receiveMini = receiveMini
    self.receiveJumbo = receiveJumbo
    self.transmit = transmit
    self.receiveBufferLength = receiveBufferLength
    self.tcpDataSplit = tcpDataSplit
    self.headerDataSplitThreshold = headerDataSplitThreshold
  }
}

extension EthtoolSocket {
  /// Reads the rings of `interface`. Needs no privilege.
  public mutating func rings(of interface: String) throws(SystemCallError) -> RingParameters {
    let answers = try ask(
      Int32(ETHTOOL_MSG_RINGS_GET), "ETHTOOL_MSG_RINGS_GET", about: interface,
      to: "read the rings of \(interface)")
    return answers.last.map(RingParameters.init) ?? RingParameters()
  }

  /// Sets what is not nil, all in one request. Most drivers restart the interface for it.
  /// - Throws: EOPNOTSUPP for a setting the driver does not have, with the kernel's words about which; EINVAL while a
  ///   memory provider or an XDP program depends on the present one.
  public mutating func setRings(
    of interface: String, to change: RingChange
  ) throws(SystemCallError) -> Acceptance<Void> {
    try self.change(
      Int32(ETHTOOL_MSG_RINGS_SET), "ETHTOOL_MSG_RINGS_SET", of: interface, to: "set the rings of \(interface)",
      change.put
    ).map { _ in }
  }
}

extension RingParameters {
  init(_ attributes: NetlinkAttributes) {
    receive = attributes.count(Int(ETHTOOL_A_RINGS_RX))
    receiveMaximum = attributes.count(Int(ETHTOOL_A_RINGS_RX_MAX))
    receiveMini = attributes.count(Int(ETHTOOL_A_RINGS_RX_MINI))
    receiveMiniMaximum = attributes.count(Int(ETHTOOL_A_RINGS_RX_MINI_MAX))
    receiveJumbo = attributes.count(Int(ETHTOOL_A_RINGS_RX_JUMBO))
    receiveJumboMaximum = attributes.count(Int(ETHTOOL_A_RINGS_RX_JUMBO_MAX))
    transmit = attributes.count(Int(ETHTOOL_A_RINGS_TX))
    transmitMaximum = attributes.count(Int(ETHTOOL_A_RINGS_TX_MAX))
    receiveBufferLength = attributes.count(Int(ETHTOOL_A_RINGS_RX_BUF_LEN))
    tcpDataSplit = attributes.number(Int(ETHTOOL_A_RINGS_TCP_DATA_SPLIT)).flatMap { UInt8(exactly: $0) }
      .flatMap(TCPDataSplit.init)
    headerDataSplitThreshold = attributes.count(Int(ZB_ETHTOOL_A_RINGS_HDS_THRESH))
    headerDataSplitThresholdMaximum = attributes.count(Int(ZB_ETHTOOL_A_RINGS_HDS_THRESH_MAX))
    completionEntrySize = attributes.count(Int(ETHTOOL_A_RINGS_CQE_SIZE))
  }
}

extension RingChange {
  func put(into request: borrowing NetlinkMessage) throws(SystemCallError) {
    try request.put(Int(ETHTOOL_A_RINGS_RX), receive)
    try request.put(Int(ETHTOOL_A_RINGS_RX_MINI), receiveMini)
    try request.put(Int(ETHTOOL_A_RINGS_RX_JUMBO), receiveJumbo)
    try request.put(Int(ETHTOOL_A_RINGS_TX), transmit)
    try request.put(Int(ETHTOOL_A_RINGS_RX_BUF_LEN), receiveBufferLength)
    if let tcpDataSplit { try request.put(Int(ETHTOOL_A_RINGS_TCP_DATA_SPLIT), byte: tcpDataSplit.rawValue) }
    try request.put(Int(ZB_ETHTOOL_A_RINGS_HDS_THRESH), headerDataSplitThreshold)
  }
}
