import Linux
import SystemPackage

/// What a device has forgotten, as a reset makes it, is set again.
extension InterfaceLease {
  /// Sets again, where it is gone: the RSS table, if it is the driver's own now; rules whose place is empty; what NAPI
  /// defers. What somebody else has set meanwhile is left alone.
  /// - Returns: what was forgotten, a phrase each, with the reason where it could not be set again.
  public func renew() -> [String] {
    var forgotten: [String] = []
    func attempt(_ what: String, _ body: () throws(LeaseError) -> Void) {
      do throws(LeaseError) {
        try body()
        forgotten.append("\(what) was set again")
      } catch {
        forgotten.append("\(what) could not be set again: \(error)")
      }
    }
    let state: InterfaceState
    do throws(SystemCallError) {
      state = try device.read()
    } catch {
      return ["what it has forgotten could not be read: \(error)"]
    }
    if let change = lostSpreading(in: state) {
      attempt("its RSS table") { () throws(LeaseError) in try makeAgain(change) }
    }
    for entry in journal.contents.entries {
      guard case .rule(let rule) = entry.deed, !entry.isKept, isGone(rule) else { continue }
      attempt("flow rule \(rule.location)") { () throws(LeaseError) in
        try insertAgain(rule, entry.number, driverChooses: state.flowRules.value?.driverChoosesLocation ?? false)
      }
    }
    do throws(LeaseError) {
      try holdDeferrals()
    } catch {
      forgotten.append("what NAPI defers could not be set again: \(error)")
    }
    return forgotten
  }

  /// The last change of RSS, where the driver's own table has taken its place.
  private func lostSpreading(in state: InterfaceState) -> LeaseChange? {
    let changes = journal.contents.entries.compactMap { entry -> LeaseChange? in
      if case .change(let change) = entry.deed, case .spreading = change { change } else { nil }
    }
    guard let last = changes.last, !last.isInEffect(in: state),
      SpreadingTable.isStandard(state.table, queues: state.receiveQueues)
    else { return nil }
    return last
  }

  private func isGone(_ rule: FlowRule) -> Bool {
    let found = Reading { () throws(SystemCallError) in try device.rule(at: rule.location) }
    return found.value.map { $0 == nil } ?? false
  }

  private func makeAgain(_ change: LeaseChange) throws(LeaseError) {
    let command = change.command(for: identity.interfaceName)
    let state = try InterfaceLease.known { () throws(SystemCallError) in
      _ = try device.apply(change)
      return try device.read()
    }
    guard change.isInEffect(in: state) else {
      throw .withoutEffect(command: command, finding: change.finding(in: state), warning: nil, [])
    }
  }

  /// At its old place, where that can be asked for. Otherwise the journal says beforehand that its place is not known, as
  /// for a new rule: should this process die in between, whoever restores looks for it.
  private func insertAgain(_ rule: FlowRule, _ entry: Int, driverChooses: Bool) throws(LeaseError) {
    var rule = rule
    do throws(SystemCallError) {
      if driverChooses {
        rule.location = FlowRule.anyLocation
        try journal.append(.placed(entry, location: rule.location))
      }
      let location = try device.insert(rule)
      if location != rule.location { try journal.append(.placed(entry, location: location)) }
    } catch {
      throw .rule(error)
    }
    observer(.steered(command: rule.command(for: identity.interfaceName)))
  }
}
