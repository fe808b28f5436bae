import Linux
import SystemPackage

/// An interface prepared for zero-copy receive, and the promise to put it back. Everything is written down before it is
/// done; should this process die, however it does, a guardian process puts the interface back, and when that was killed
/// too, the next lease or `LeaseRecovery`. For one thread.
public final class InterfaceLease {
  let device: any LeaseDevice
  let journal: LeaseJournal
  let identity: JournalIdentity
  private let queues: [Int]
  private let environment: LeaseEnvironment
  let observer: (LeaseEvent) -> Void
  private var guardian: DetachedProcess?
  /// Deeds done so far: changes, then contexts and rules.
  private var steps = 0
  private var isOver = false

  /// Prepares an interface, in the network namespace of the calling thread. What an owner that died has left is put back
  /// first. Nothing is changed, and nothing written, where nothing needs to be.
  /// - Parameter observer: is told what happens, as it happens.
  /// - Throws: why it cannot be; what had been changed by then has been put back.
  public static func acquire(
    _ request: LeaseRequest, observer: @escaping (LeaseEvent) -> Void = { _ in }
  ) throws(LeaseError) -> InterfaceLease {
    let (device, identity) = try known { () throws(SystemCallError) in
      let device = try KernelDevice(index: request.interface.index, spreadingPath: path(for: request))
      return (device, try JournalIdentity.current(of: device))
    }
    return try acquire(request.wish, device, identity, .standard, observer: observer)
  }

  /// Reads what planning needs, and what only the interface's journal knows. Changes nothing.
  public static func state(for request: LeaseRequest) throws(LeaseError) -> InterfaceState {
    try known { () throws(SystemCallError) in
      let device = try KernelDevice(index: request.interface.index, spreadingPath: path(for: request))
      var state = try device.read()
      let identity = try JournalIdentity.current(of: device)
      let contents = try LeaseJournal.peek(LeaseEnvironment.standard.path(of: identity))
      state.splitIsOurs = contents.identity?.difference(from: identity) == nil && contents.hasSplit
      return state
    }
  }

  private static func path(for request: LeaseRequest) -> RequestPath {
    LeaseEnvironment.standard.spreadingPath ?? request.spreadingPath
  }

  static func acquire(
    _ wish: LeaseWish, _ device: any LeaseDevice, _ identity: JournalIdentity, _ environment: LeaseEnvironment,
    observer: @escaping (LeaseEvent) -> Void
  ) throws(LeaseError) -> InterfaceLease {
    let journal = try known { () throws(SystemCallError) in try LeaseJournal.open(environment.path(of: identity)) }
    guard let journal else { throw .busy(interface: identity.interfaceName) }
    let lease = InterfaceLease(wish, device, identity, journal, environment, observer)
    do throws(LeaseError) {
      try lease.settleEarlier()
      try lease.apply(wish)
    } catch {
      lease.end()
      throw error
    }
    return lease
  }

  private init(
    _ wish: LeaseWish, _ device: any LeaseDevice, _ identity: JournalIdentity, _ journal: LeaseJournal,
    _ environment: LeaseEnvironment, _ observer: @escaping (LeaseEvent) -> Void
  ) {
    self.device = device
    self.identity = identity
    self.journal = journal
    self.environment = environment
    self.observer = observer
    queues = wish.queues
  }

  deinit {
    if !isOver { _ = release() }
  }

  /// Puts everything back, once nobody provides the queues' memory any more; waits 5 s for that.
  /// - Returns: what was not put back, and why.
  public func release() -> [LeaseRemark] {
    guard !isOver else { return [] }
    let remarks = restoration.run()
    end()
    return remarks
  }

  /// Leaves everything as it is, but for rules and contexts, until `LeaseRecovery.restore`.
  /// - Throws: when that cannot be written down; the lease then goes on.
  public func keep() throws(LeaseError) {
    guard !isOver else { return }
    _ = restoration.removeSteering()
    if !journal.isSpent { try InterfaceLease.known { () throws(SystemCallError) in try journal.append(.kept) } }
    end()
  }

  private func end() {
    isOver = true
    journal.close()
    guardian?.dismiss()
    guardian = nil
  }

  var restoration: LeaseRestoration {
    LeaseRestoration(device: device, journal: journal, observer: observer)
  }
}

// MARK: Applying

extension InterfaceLease {
  /// Deals with what the journal has from before: discards what is of another device, puts back what a dead owner has
  /// left.
  private func settleEarlier() throws(LeaseError) {
    if let old = journal.contents.identity, let difference = identity.difference(from: old) {
      try discard(difference, of: old)
    }
    if journal.unreadableLines > 0 {
      observer(
        .remark(
          LeaseRemark(.warning, "\(journal.unreadableLines) lines of \(journal.path) cannot be read: they are left out")
        ))
    }
    guard journal.contents.entries.contains(where: { !$0.isKept }) else { return }
    observer(
      .remark(
        LeaseRemark(.recovered, "a zcrx-bench that used \(identity.interfaceName) has died; its changes are put back")))
    _ = restoration.run()
  }

  private func discard(_ difference: String, of old: JournalIdentity) throws(LeaseError) {
    if !journal.isSpent {
      observer(
        .remark(
          LeaseRemark(.discarded, "the journal \(journal.path) about \(old.interfaceName) is discarded: \(difference)"))
      )
    }
    try InterfaceLease.known { () throws(SystemCallError) in try journal.clear() }
  }

  private func apply(_ wish: LeaseWish) throws(LeaseError) {
    var plan = try plan(wish)
    while !plan.changes.isEmpty {
      let change = plan.changes.removeFirst()
      let state = try make(change)
      // Drivers may make something else of tables and rings then: what follows is planned anew.
      if case .channels = change {
        do throws(LeaseRefusal) {
          plan = try LeasePlan.make(wish, in: marked(state))
        } catch {
          _ = restoration.run(waits: false)
          throw .refused(error)
        }
      }
    }
  }

  private func plan(_ wish: LeaseWish) throws(LeaseError) -> LeasePlan {
    let state = try InterfaceLease.known { () throws(SystemCallError) in try device.read() }
    do throws(LeaseRefusal) {
      let plan = try LeasePlan.make(wish, in: marked(state))
      observer(.planned(plan, commands: plan.commands(for: state.interface)))
      return plan
    } catch {
      throw .refused(error)
    }
  }

  /// The state, with what only the journal knows.
  private func marked(_ state: InterfaceState) -> InterfaceState {
    var state = state
    state.splitIsOurs = journal.contents.hasSplit
    return state
  }

  /// Makes a change; the state after it.
  private func make(_ change: LeaseChange) throws(LeaseError) -> InterfaceState {
    let command = change.command(for: identity.interfaceName)
    _ = try begin { JournalRecord.change($0, change) }
    if change == change.inverse {
      // It is only written down, to be put back.
      completed()
      return try InterfaceLease.known { () throws(SystemCallError) in try device.read() }
    }
    let warning: String?
    let state: InterfaceState
    do throws(SystemCallError) {
      warning = try device.apply(change)
      state = try device.read()
    } catch {
      throw .step(command: command, error, restoration.run(waits: false))
    }
    guard change.isInEffect(in: state) else {
      let finding = change.finding(in: state)
      throw .withoutEffect(command: command, finding: finding, warning: warning, restoration.run(waits: false))
    }
    if let warning { observer(.remark(LeaseRemark(.warning, "'\(command)': the kernel says: \(warning)"))) }
    observer(.applied(change, number: steps, command: command))
    completed()
    return state
  }

  /// Sets what NAPI is to defer once more, where registering queues has given them other instances, and makes sure of it.
  /// To be called when the queues are registered.
  /// - Throws: what does not hold.
  public func holdDeferrals() throws(LeaseError) {
    var state = try InterfaceLease.known { () throws(SystemCallError) in try device.read() }
    // Of several entries about a queue the last counts; one that stays belongs to an earlier command.
    var last: [Int: LeaseChange] = [:]
    for entry in journal.contents.entries {
      guard case .change(let change) = entry.deed, case .deferral(.queue(let queue, _), _, _) = change else { continue }
      last[queue] = change
    }
    for (_, change) in last.sorted(by: { $0.key < $1.key }) where !change.isInEffect(in: state) {
      let command = change.command(for: identity.interfaceName)
      state = try InterfaceLease.known { () throws(SystemCallError) in
        _ = try device.apply(change)
        return try device.read()
      }
      guard change.isInEffect(in: state) else {
        throw .withoutEffect(command: command, finding: change.finding(in: state), warning: nil, [])
      }
    }
  }

  /// The next step: it is written down and then has to be made. Its entry's number.
  func begin(_ record: (Int) -> JournalRecord) throws(LeaseError) -> Int {
    let entry = try write(record)
    steps += 1
    environment.stop(at: steps, if: \.stopBeforeStep, guardian)
    return entry
  }

  /// The step has been made.
  func completed() {
    environment.stop(at: steps, if: \.stopAfterStep, guardian)
  }

  /// Writes an entry's line before it is done; its number. The first one begins the journal and starts the guardian.
  private func write(_ record: (Int) -> JournalRecord) throws(LeaseError) -> Int {
    let number = journal.contents.lastNumber + 1
    try InterfaceLease.known { () throws(SystemCallError) in
      if guardian == nil, let arguments = environment.guardian {
        guardian = try DetachedProcess("/proc/self/exe", arguments + [journal.path])
      }
      if journal.contents.identity != identity || journal.contents.queues != queues {
        try journal.append(.identity(identity, queues: queues))
      }
      try journal.append(record(number))
    }
    return number
  }

  static func known<Value>(
    _ body: () throws(SystemCallError) -> Value
  ) throws(LeaseError) -> Value {
    do throws(SystemCallError) {
      return try body()
    } catch {
      throw .system(error)
    }
  }
}

extension JournalContents {
  /// Whether something that stays has switched the data split on.
  var hasSplit: Bool {
    entries.contains { entry in
      if case .change(.rings(_, let to)) = entry.deed { to.split == .enabled } else { false }
    }
  }
}
