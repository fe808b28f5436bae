import CKernelABI
import CLibNetlink
import Linux
import SystemPackage

extension CommandSocket {
  /// Reads the rules of `interface`.
  public func flowRules(of interface: String) throws(SystemCallError) -> FlowRuleTable {
    let attempt = "read the flow rules of \(interface)"
    var table = try flowRuleTable(of: interface, to: attempt)
    let (locations, size) = try locations(of: interface, count: table.count, to: attempt)
    if size > 0 { table.value.size = size }
    for location in locations {
      do throws(SystemCallError) {
        let answer = try run(
          .flow(ETHTOOL_GRXCLSRULE, location: location), "ETHTOOL_GRXCLSRULE", on: interface, to: attempt)
        table.value.rules.append(FlowRule(answer))
      } catch {
        // Deleted since it was listed; drivers say so with either.
        guard error.errno == .noSuchFileOrDirectory || error.errno == .invalidArgument else { throw error }
      }
    }
    return table.value
  }

  /// Inserts a rule; where it went. A rule without a location goes where the driver puts it, or else to the highest free
  /// place, found beforehand: the kernel cannot be asked to keep a rule that somebody else puts there meanwhile.
  /// - Throws: EINVAL for a location the driver does not take or an RSS context there is not, EPERM or EOPNOTSUPP where
  ///   ntuple filters are off, ENOSPC where the table is full.
  public func insert(_ rule: FlowRule, into interface: String) throws(SystemCallError) -> UInt32 {
    let attempt = "insert a flow rule into \(interface)"
    var rule = rule
    if rule.location == FlowRule.anyLocation {
      let table = try flowRuleTable(of: interface, to: attempt)
      if !table.value.driverChoosesLocation {
        let (taken, size) = try locations(of: interface, count: table.count, to: attempt)
        guard let free = CommandSocket.highestFree(of: size > 0 ? size : table.value.size ?? 0, taken: taken) else {
          throw SystemCallError(
            attempt: attempt, call: "ioctl (ETHTOOL_GRXCLSRLALL)", errno: .noSpace,
            advice: "its table of rules is full: ethtool -n \(interface)")
        }
        rule.location = free
      }
    }
    let answer = try run(.inserting(rule), "ETHTOOL_SRXCLSRLINS", on: interface, to: attempt)
    return answer.number(UInt32.self, at: ZB_RXNFC_RULE + ZB_FLOW_LOCATION)
  }

  /// Deletes the rule at `location`.
  public func deleteFlowRule(at location: UInt32, of interface: String) throws(SystemCallError) {
    _ = try run(
      .flow(ETHTOOL_SRXCLSRLDEL, location: location), "ETHTOOL_SRXCLSRLDEL", on: interface,
      to: "delete flow rule \(location) of \(interface)")
  }

  /// How many receive rings the driver has in use.
  public func receiveRings(of interface: String) throws(SystemCallError) -> Int {
    let answer = try run(
      .flow(ETHTOOL_GRXRINGS), "ETHTOOL_GRXRINGS", on: interface, to: "count the receive rings of \(interface)")
    return Int(clamping: answer.number(UInt64.self, at: ZB_RXNFC_DATA))
  }

  /// The highest place of a table that nobody has taken; nil where it is full.
  static func highestFree(of size: Int, taken: [UInt32]) -> UInt32? {
    let taken = Set(taken)
    return (0..<UInt32(clamping: size)).last { !taken.contains($0) }
  }

  /// The table without its rules, and how many those are.
  private func flowRuleTable(
    of interface: String, to attempt: String
  ) throws(SystemCallError) -> (value: FlowRuleTable, count: Int) {
    let answer = try run(.flow(ETHTOOL_GRXCLSRLCNT), "ETHTOOL_GRXCLSRLCNT", on: interface, to: attempt)
    return (FlowRuleTable(counted: answer), Int(answer.number(UInt32.self, at: ZB_RXNFC_RULE_COUNT)))
  }

  /// Where rules are, and how many places there are. Rules that came meanwhile make the driver refuse with EMSGSIZE.
  private func locations(
    of interface: String, count: Int, to attempt: String
  ) throws(SystemCallError) -> (taken: [UInt32], size: Int) {
    var count = count
    for _ in 0..<8 {
      do throws(SystemCallError) {
        let answer = try run(
          .flow(ETHTOOL_GRXCLSRLALL, locations: count), "ETHTOOL_GRXCLSRLALL", on: interface, to: attempt)
        let filled = min(count, Int(answer.number(UInt32.self, at: ZB_RXNFC_RULE_COUNT)))
        let taken = (0..<filled).map { answer.number(UInt32.self, at: ZB_RXNFC_LOCATIONS + Int32($0) * 4) }
        return (taken, Int(clamping: answer.number(UInt64.self, at: ZB_RXNFC_DATA)))
      } catch {
        guard error.errno == .messageTooLong else { throw error }
        count += 16
      }
    }
    throw SystemCallError(
      attempt: attempt, call: "ioctl (ETHTOOL_GRXCLSRLALL)", errno: .messageTooLong,
      advice: "somebody else is changing them")
  }
}

extension FlowRuleTable {
  /// Reads the answer to ETHTOOL_GRXCLSRLCNT: the size of the table, and a flag above it (RX_CLS_LOC_SPECIAL).
  init(counted command: CommandBytes) {
    let data = command.number(UInt64.self, at: ZB_RXNFC_DATA)
    let special = UInt64(RX_CLS_LOC_SPECIAL)
    let size = Int(clamping: data & ~special)
    self.init(size: size == 0 ? nil : size, driverChoosesLocation: data & special != 0)
  }
}
