import CKernelABI
import CLibNetlink
import Linux

/// A counter of the driver's own (`ethtool -S`). Names may repeat.
public struct DriverStatistic: Sendable, Equatable {
  public var name: String
  public var value: UInt64

  public init(name: String, value: UInt64) {
    self.name = name
    self.value = value
  }
}

extension CommandSocket {
  /// Reads the driver's own counters.
  public func driverStatistics(of interface: String) throws(SystemCallError) -> [DriverStatistic] {
    let attempt = "read the driver's counters of \(interface)"
    var question = CommandBytes(ETHTOOL_GSSET_INFO, size: Int(ZB_SSET_INFO_DATA) + 4)
    question.put(UInt64(1) << UInt64(ETH_SS_STATS.rawValue), at: ZB_SSET_INFO_MASK)
    let answer = try run(question, "ETHTOOL_GSSET_INFO", on: interface, to: attempt)
    // The kernel clears the bit of a set the driver does not have.
    guard answer.number(UInt64.self, at: ZB_SSET_INFO_MASK) != 0 else {
      throw SystemCallError(attempt: attempt, call: "ioctl (ETHTOOL_GSSET_INFO)", errno: .notSupported)
    }
    let count = Int(answer.number(UInt32.self, at: ZB_SSET_INFO_DATA))
    // The kernel writes as many as the driver has by then, whatever is asked for: queues may have been added.
    let room = count + 16_384

    var names = CommandBytes(ETHTOOL_GSTRINGS, size: Int(ZB_GSTRINGS_DATA) + room * Int(ZB_GSTRINGS_TEXT_SIZE))
    names.put(UInt32(ETH_SS_STATS.rawValue), at: ZB_GSTRINGS_SET)
    names.put(UInt32(clamping: count), at: ZB_GSTRINGS_COUNT)
    names = try run(names, "ETHTOOL_GSTRINGS", on: interface, to: attempt)
    var values = CommandBytes(ETHTOOL_GSTATS, size: Int(ZB_STATS_DATA) + room * 8)
    values.put(UInt32(clamping: count), at: ZB_STATS_COUNT)
    values = try run(values, "ETHTOOL_GSTATS", on: interface, to: attempt)
    return DriverStatistic.list(names: names, values: values)
  }
}

extension DriverStatistic {
  /// Pairs names with values; where the two differ in number, what has no partner is left out.
  static func list(names: CommandBytes, values: CommandBytes) -> [DriverStatistic] {
    let count = min(
      names.number(UInt32.self, at: ZB_GSTRINGS_COUNT), values.number(UInt32.self, at: ZB_STATS_COUNT))
    return (0..<Int32(clamping: count)).map {
      DriverStatistic(
        name: names.text(at: ZB_GSTRINGS_DATA + $0 * ZB_GSTRINGS_TEXT_SIZE, count: Int(ZB_GSTRINGS_TEXT_SIZE)),
        value: values.number(UInt64.self, at: ZB_STATS_DATA + $0 * 8))
    }
  }
}
