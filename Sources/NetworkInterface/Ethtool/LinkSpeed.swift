import CLibNetlink
import Linux

extension EthtoolSocket {
  /// The speed of the link in megabits per second; nil where it is unknown, as without a carrier.
  public mutating func linkSpeed(of interface: String) throws(SystemCallError) -> Int? {
    let answers = try ask(
      Int32(ETHTOOL_MSG_LINKMODES_GET), "ETHTOOL_MSG_LINKMODES_GET", about: interface,
      to: "read the link speed of \(interface)")
    // SPEED_UNKNOWN of linux/ethtool.h is all ones.
    return answers.last?.identifier(Int(ETHTOOL_A_LINKMODES_SPEED)).flatMap { $0 == .max ? nil : Int($0) }
  }
}
