import Linux
import SystemPackage

/// A rule that a lease has inserted.
public struct RuleHandle: Sendable, Hashable {
  /// Its place in the device's table.
  public let location: UInt32
  let entry: Int
}

/// A further RSS context that a lease has made.
public struct ContextHandle: Sendable, Hashable {
  /// As ethtool and rules name it; never 0.
  public let number: UInt32
  let entry: Int
}

/// Rules, and the contexts they lead to.
extension InterfaceLease {
  /// Inserts a rule, for as long as the lease lasts or until `release(_:)`.
  /// - Throws: `LeaseError.rule`: EINVAL for a rule that says more than TCP addresses and ports.
  public func steer(_ rule: FlowRule) throws(LeaseError) -> RuleHandle {
    guard case .tcp = rule.specification else {
      throw .rule(
        SystemCallError(attempt: "insert a flow rule", call: "ETHTOOL_SRXCLSRLINS", errno: .invalidArgument))
    }
    let entry = try begin { JournalRecord.rule($0, rule) }
    let location: UInt32
    do throws(SystemCallError) {
      location = try device.insert(rule)
    } catch {
      try? journal.append(.undone(entry))
      throw .rule(error)
    }
    do throws(SystemCallError) {
      try journal.append(.placed(entry, location: location))
    } catch {
      // A rule whose place is not written could not be told from a user's.
      try? device.deleteRule(at: location)
      throw .rule(error)
    }
    observer(.steered(command: rule.command(for: identity.interfaceName)))
    completed()
    return RuleHandle(location: location, entry: entry)
  }

  /// Removes a rule; nothing happens where it is gone or somebody else's by now.
  public func release(_ rule: RuleHandle) throws(LeaseError) {
    do throws(SystemCallError) {
      try undo(rule.entry)
    } catch {
      throw .rule(error)
    }
  }

  /// Makes an RSS context that spreads what is led to it over `queues` in equal shares, for as long as the lease lasts or
  /// until `release(_:)`.
  /// - Throws: `LeaseError.context`: EOPNOTSUPP where the driver has none, ENOSPC where it has no more of them.
  public func spread(over queues: [Int]) throws(LeaseError) -> ContextHandle {
    let (entry, context) = try begin(over: queues)
    let number: UInt32
    do throws(SystemCallError) {
      number = try device.makeContext(context.table)
    } catch {
      try? journal.append(.undone(entry))
      throw .context(error)
    }
    do throws(SystemCallError) {
      try journal.append(.made(entry, context: number))
    } catch {
      try? device.deleteContext(number)
      throw .context(error)
    }
    observer(.steered(command: context.command(for: identity.interfaceName)))
    completed()
    return ContextHandle(number: number, entry: entry)
  }

  /// Deletes a context; its rules have to be released before. Nothing happens where it is gone or somebody else's by now.
  public func release(_ context: ContextHandle) throws(LeaseError) {
    do throws(SystemCallError) {
      try undo(context.entry)
    } catch {
      throw .context(error)
    }
  }

  private func begin(over queues: [Int]) throws(LeaseError) -> (entry: Int, context: LeaseContext) {
    let state = try InterfaceLease.known { () throws(SystemCallError) in try device.read() }
    guard !state.table.isEmpty, !queues.isEmpty else {
      throw .context(
        SystemCallError(
          attempt: "make an RSS context of \(identity.interfaceName)", call: "ETHTOOL_MSG_RSS_GET",
          errno: .notSupported))
    }
    let context = LeaseContext(
      table: state.table.indices.map { UInt32(clamping: queues[$0 % queues.count]) },
      earlier: (state.furtherSpreading.value ?? []).map(\.context))
    return (try begin { JournalRecord.context($0, context) }, context)
  }

  private func undo(_ number: Int) throws(SystemCallError) {
    guard let entry = journal.contents.entries.first(where: { $0.number == number }) else { return }
    if let remark = try restoration.undo(entry), remark.kind == .notRestored {
      observer(.remark(remark))
      return
    }
    try journal.append(.undone(number))
  }
}
