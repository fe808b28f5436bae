import CLibNetlink
import Linux

/// What an interface as a whole has counted since it was made (struct rtnl_link_stats64), or between two such readings.
/// Drivers differ in what counts as dropped; software interfaces leave most at 0.
public struct LinkStatistics: Sendable, Equatable {
  public var receivedPackets: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var sentPackets: UInt64 = 0
  public var sentBytes: UInt64 = 0
  public var receiveErrors: UInt64 = 0
  public var sendErrors: UInt64 = 0
  /// Not handed on, for want of memory for one.
  public var receiveDrops: UInt64 = 0
  public var sendDrops: UInt64 = 0
  /// Dropped by the hardware for want of buffers.
  public var receiveMisses: UInt64 = 0

  public init() {}

  /// Where each stands in the structure, as its how many-th number.
  private static let places: [(WritableKeyPath<LinkStatistics, UInt64> & Sendable, Int)] = [
    (\.receivedPackets, 0), (\.sentPackets, 1), (\.receivedBytes, 2), (\.sentBytes, 3), (\.receiveErrors, 4),
    (\.sendErrors, 5), (\.receiveDrops, 6), (\.sendDrops, 7), (\.receiveMisses, 15),
  ]

  /// Reads the contents of an RTM_NEWLINK message; nil where it holds no counters.
  init?(link part: ArraySlice<UInt8>) {
    let attributes = NetlinkAttributes(part.dropFirst(MemoryLayout<ifinfomsg>.size))
    guard let bytes = attributes.bytes(Int(IFLA_STATS64)) else { return nil }
    for (counter, place) in Self.places {
      guard let value = bytes.number(UInt64.self, at: place * 8) else { return nil }
      self[keyPath: counter] = value
    }
  }

  /// What was counted after `earlier`; nil where a counter stepped back: the interface was made anew.
  public func since(_ earlier: LinkStatistics) -> LinkStatistics? {
    var difference = LinkStatistics()
    for (counter, _) in Self.places {
      guard self[keyPath: counter] >= earlier[keyPath: counter] else { return nil }
      difference[keyPath: counter] = self[keyPath: counter] - earlier[keyPath: counter]
    }
    return difference
  }
}
