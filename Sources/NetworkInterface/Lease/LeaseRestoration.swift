import Linux
import SystemPackage

/// Undoes what a journal says, last things first.
struct LeaseRestoration {
  let device: any LeaseDevice
  let journal: LeaseJournal
  var observer: (LeaseEvent) -> Void = { _ in }

  /// How long the kernel gets to take a provider off its queue after the last user of its ring is gone, in seconds.
  static let patience = 5.0

  /// Undoes entries of the journal: all, or those that were not meant to stay.
  /// - Parameter waits: whether somebody may still be about to leave the queues.
  /// - Returns: what was not put back and why; it has been told to the observer too.
  func run(includingKept: Bool = false, waits: Bool = true, seconds: Double = patience) -> [LeaseRemark] {
    let queues = includingKept ? journal.contents.allQueues : journal.contents.queues
    return run(
      journal.contents.entries.filter { includingKept || !$0.isKept }, waitingFor: waits ? queues : [], seconds: seconds
    )
  }

  private func run(
    _ entries: [JournalEntry], waitingFor queues: [Int], seconds: Double = patience
  ) -> [LeaseRemark] {
    guard !entries.isEmpty else { return [] }
    var remarks: [LeaseRemark] = []
    if let remark = wait(for: queues, seconds) { remarks.append(remark) }
    for (place, entry) in entries.enumerated().reversed() {
      do throws(SystemCallError) {
        let remark = try undo(entry)
        if let remark { remarks.append(remark) }
        if remark?.kind != .notRestored { try journal.append(.undone(entry.number)) }
      } catch {
        guard error.errno != .operationNotSupportedByDevice else {
          remarks.append(gone(entries.prefix(place + 1)))
          break
        }
        remarks.append(LeaseRemark(.notRestored, "\(error): not done: \(command(undoing: entry))"))
      }
    }
    for remark in remarks { observer(.remark(remark)) }
    return remarks
  }

  /// Removes rules and contexts alone.
  func removeSteering() -> [LeaseRemark] {
    run(journal.contents.entries.filter { if case .change = $0.deed { false } else { !$0.isKept } }, waitingFor: [])
  }

  private var name: String { journal.contents.identity?.interfaceName ?? "DEV" }

  private func wait(for queues: [Int], _ seconds: Double) -> LeaseRemark? {
    let holder = Reading { () throws(SystemCallError) in try device.waitUntilFree(queues, seconds: seconds) }
    return (holder.value ?? nil).map { LeaseRemark(.warning, "\(name): \($0)") }
  }

  /// The device is not here any more. Its settings went with it, or cannot be reached from this network namespace.
  private func gone(_ entries: ArraySlice<JournalEntry>) -> LeaseRemark {
    let left = entries.reversed().map { command(undoing: $0) }
    for entry in entries { try? journal.append(.undone(entry.number)) }
    return LeaseRemark(
      .notRestored,
      "\(name) is not here any more; should it live on in another network namespace, this is left to do: "
        + left.joined(separator: "; "))
  }

  /// - Returns: what stands against it; nil where it has been undone.
  func undo(_ entry: JournalEntry) throws(SystemCallError) -> LeaseRemark? {
    switch entry.deed {
    case .change(let change): try undo(change)
    case .rule(let rule): try undo(rule)
    case .context(let context): try undo(context)
    }
  }

  private func undo(_ change: LeaseChange) throws(SystemCallError) -> LeaseRemark? {
    let state = try device.read()
    if let absence = change.absence(in: state) {
      // Not known is not somebody else's: the journal keeps it.
      return LeaseRemark(.notRestored, "not done: \(change.inverse.command(for: state.interface)): \(absence)")
    }
    let (back, foreign) = change.undoing(in: state)
    if let back {
      let command = back.command(for: state.interface)
      let warning = try device.apply(back)
      let after = try device.read()
      guard back.isInEffect(in: after) else {
        return LeaseRemark(
          .notRestored,
          "'\(command)' was accepted without effect: \(back.finding(in: after))"
            + (warning.map { " — the kernel says: \($0)" } ?? ""))
      }
      observer(.restored(command: command))
    }
    return foreign.map {
      LeaseRemark(.leftAlone, "somebody else has set \(state.interface) to \($0) meanwhile; that was left alone")
    }
  }

  private func undo(_ rule: FlowRule) throws(SystemCallError) -> LeaseRemark? {
    var location = rule.location
    if location == FlowRule.anyLocation {
      // The process died while the driver was choosing the place: it is there or it is not.
      guard let found = try device.read().flowRules.value?.rules.last(where: rule.isSame) else { return nil }
      location = found.location
    }
    guard let present = try device.rule(at: location) else { return nil }
    guard rule.isSame(as: present) else {
      return LeaseRemark(.leftAlone, "flow rule \(location) of \(name) is somebody else's by now; it was left alone")
    }
    try device.deleteRule(at: location)
    observer(.restored(command: FlowRule.deletion(at: location, from: name)))
    return nil
  }

  private func undo(_ context: LeaseContext) throws(SystemCallError) -> LeaseRemark? {
    let known = context.number
    guard let number = known == nil ? try find(context) : known else { return nil }
    guard let present = try device.context(number) else { return nil }
    guard context.isSame(as: present) else {
      return LeaseRemark(.leftAlone, "RSS context \(number) of \(name) is somebody else's by now; it was left alone")
    }
    let rules = try device.read().flowRules.value?.rules ?? []
    if let rule = rules.first(where: { if case .context(number, _) = $0.action { true } else { false } }) {
      return LeaseRemark(
        .notRestored,
        "not done: \(LeaseContext.deletion(of: number, from: name)): flow rule \(rule.location), which is not ours, leads "
          + "to it")
    }
    try device.deleteContext(number)
    observer(.restored(command: LeaseContext.deletion(of: number, from: name)))
    return nil
  }

  /// The process died while the kernel was numbering it: it is there or it is not.
  private func find(_ context: LeaseContext) throws(SystemCallError) -> UInt32? {
    switch try device.read().furtherSpreading {
    case .known(let present):
      return present.last(where: context.isSame)?.context
    case .refused(let error) where error.errno != .notSupported: throw error
    case .refused, .notOffered: return nil
    }
  }

  /// The command that undoes an entry.
  private func command(undoing entry: JournalEntry) -> String {
    switch entry.deed {
    case .change(let change): change.inverse.command(for: name)
    case .rule(let rule): FlowRule.deletion(at: rule.location, from: name)
    case .context(let context): LeaseContext.deletion(of: context.number ?? 0, from: name)
    }
  }
}

extension FlowRule {
  /// Whether it does the same, wherever it is.
  func isSame(as other: FlowRule) -> Bool { specification == other.specification && action == other.action }
}
