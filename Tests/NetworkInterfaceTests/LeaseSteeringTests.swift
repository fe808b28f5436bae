import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("A lease's rules and contexts")
struct LeaseSteeringTests {
  private final class Record {
    var events: [LeaseEvent] = []
    var commands: [String] {
      events.compactMap { event in
        switch event {
        case .steered(let command), .restored(let command): command
        default: nil
        }
      }
    }
  }

  private func acquire(
    _ device: SimulatedDevice, _ folder: JournalFolder, record: Record = Record()
  ) throws(LeaseError) -> InterfaceLease {
    try InterfaceLease.acquire(
      LeaseWish(queues: [7]), device, JournalFolder.identity, LeaseEnvironment(directory: folder.path, guardian: nil)
    ) { record.events.append($0) }
  }

  private func rule(_ context: UInt32, isIPv6: Bool = false) -> FlowRule {
    FlowRule(.tcp(TCPFlow(isIPv6: isIPv6, destinationPort: 9999)), to: .context(context, firstQueue: 0))
  }

  private static let users = ReceiveSideScaling(context: 1, table: [0, 1])

  /// As it must be, with a context of the user's that leads elsewhere.
  private func device() -> SimulatedDevice {
    SimulatedDevice(LeaseStates.change(LeaseStates.ready) { $0.furtherSpreading = .known([Self.users]) })
  }

  @Test("A context over several queues goes after its rules, and is told as ethtool's commands")
  func life() throws {
    let folder = try JournalFolder()
    let (device, record) = (device(), Record())
    let before = device.state
    let lease = try acquire(device, folder, record: record)
    let context = try lease.spread(over: [5, 7])
    #expect(context.number == 2)
    #expect(device.state.furtherSpreading.value?.last?.table == [5, 7, 5, 7, 5, 7, 5, 7])
    for isIPv6 in [false, true] { _ = try lease.steer(rule(context.number, isIPv6: isIPv6)) }
    #expect(lease.release() == [] && device.state == before && folder.files == [])
    #expect(
      record.commands == [
        "ethtool -X eth0 context new weight 0 0 0 0 0 4 0 4", "ethtool -N eth0 flow-type tcp4 dst-port 9999 context 2",
        "ethtool -N eth0 flow-type tcp6 dst-port 9999 context 2", "ethtool -N eth0 delete 1022",
        "ethtool -N eth0 delete 1023", "ethtool -X eth0 context 2 delete",
      ])
  }

  @Test("What a reset makes the device forget is set again, and put back at the end")
  func renewed() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.ready)
    device.setTable([0, 1, 2, 3, 4, 5, 6, 7])
    let (before, record) = (device.state, Record())
    let lease = try acquire(device, folder, record: record)
    let handle = try lease.steer(
      FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 9999)), to: .queue(7)))
    let prepared = device.state
    #expect(prepared.table != before.table && lease.renew() == [])

    device.setTable(before.table)
    try device.deleteRule(at: handle.location)
    #expect(lease.renew() == ["its RSS table was set again", "flow rule \(handle.location) was set again"])
    #expect(device.state == prepared)
    #expect(lease.release() == [] && device.state == before && folder.files == [])
  }

  @Test("What somebody else has set since is left alone")
  func notRenewed() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.ready)
    device.setTable([0, 1, 2, 3, 4, 5, 6, 7])
    let lease = try acquire(device, folder)
    device.setTable([0, 0, 0, 0, 0, 0, 0, 0])
    #expect(lease.renew() == [])
    #expect(device.state.table == [0, 0, 0, 0, 0, 0, 0, 0])
    _ = lease.release()
  }

  @Test("A context can be released alone, and a lease that is kept keeps neither rules nor contexts")
  func released() throws {
    let folder = try JournalFolder()
    let device = device()
    let before = device.state
    let lease = try acquire(device, folder)
    try lease.release(try lease.spread(over: [7]))
    #expect(device.state == before)
    _ = try lease.steer(rule(try lease.spread(over: [7]).number))
    try lease.keep()
    #expect(device.state == before && folder.files == [])
  }

  @Test("A context that is refused leaves nothing behind")
  func refused() throws {
    let folder = try JournalFolder()
    let device = device()
    let before = device.state
    let lease = try acquire(device, folder)
    device.refusesRequest = 1
    #expect(throws: LeaseError.context(SimulatedDevice.refusal)) { try lease.spread(over: [7]) }
    #expect(lease.release() == [] && device.state == before && folder.files == [])
  }

  @Test("Without a table there are no contexts")
  func noTable() throws {
    let folder = try JournalFolder()
    let device = device()
    let lease = try acquire(device, folder)
    device.setTable([])
    do throws(LeaseError) {
      _ = try lease.spread(over: [7])
      Issue.record("it was made")
    } catch {
      guard case .context(let error) = error else { throw error }
      #expect(error.errno == .notSupported)
    }
  }

  @Test("A context that somebody else has changed, or that rules of others lead to, is left alone and said")
  func strangers() throws {
    for isChanged in [false, true] {
      let folder = try JournalFolder()
      let device = device()
      let lease = try acquire(device, folder)
      let context = try lease.spread(over: [7]).number
      if isChanged {
        device.state.furtherSpreading = .known([Self.users, ReceiveSideScaling(context: context, table: [3])])
      } else {
        _ = try device.insert(rule(context))
      }
      let remarks = lease.release()
      #expect(remarks.map(\.kind) == [isChanged ? .leftAlone : .notRestored])
      #expect(remarks.first?.description.contains("RSS context 2") == isChanged)
      #expect(device.state.furtherSpreading.value?.map(\.context) == [1, context])
      #expect(folder.files.isEmpty == isChanged, "the journal keeps what is left to do")
    }
  }

  @Test("One that is gone already is no news")
  func gone() throws {
    let folder = try JournalFolder()
    let device = device()
    let lease = try acquire(device, folder)
    try device.deleteContext(try lease.spread(over: [7]).number)
    #expect(lease.release() == [] && folder.files == [])
  }

  @Test("The next start finds a dead owner's context, numbered or not, and nobody else's", arguments: [false, true])
  func recovery(isNumbered: Bool) throws {
    let folder = try JournalFolder()
    let device = device()
    let ours = [UInt32](repeating: 7, count: 8)
    // The same table, made before ours, and another one, made after it.
    let earlier = try device.makeContext(ours)
    let journal = try folder.open()
    try journal.append(.identity(JournalFolder.identity, queues: [7]))
    try journal.append(.context(1, LeaseContext(table: ours, earlier: [1, earlier])))
    let number = try device.makeContext(ours)
    let later = try device.makeContext([0, 1])
    if isNumbered { try journal.append(.made(1, context: number)) }
    try journal.append(.rule(2, rule(number)))
    _ = try device.insert(rule(number))
    journal.close()
    // The new lease's own wish is in the way of the earlier one, which is somebody's.
    _ = try? acquire(device, folder)
    #expect(device.state.furtherSpreading.value?.map(\.context) == [1, earlier, later])
    #expect(device.state.flowRules.value?.rules == [] && folder.files == [])
  }

  @Test("A context that was written down and never made leaves nothing to do")
  func neverMade() throws {
    let folder = try JournalFolder()
    let device = device()
    let before = device.state
    let journal = try folder.open()
    try journal.append(.identity(JournalFolder.identity, queues: [7]))
    // Somebody has the same table.
    try journal.append(.context(1, LeaseContext(table: Self.users.table, earlier: [Self.users.context])))
    journal.close()
    _ = try acquire(device, folder)
    #expect(device.state == before && folder.files == [])
  }

  @Test("Rules are told as ethtool's commands")
  func commands() throws {
    let source = try #require(FlowAddress("2001:db8::1"))
    let destination = try #require(FlowAddress("2001:db8::2"))
    let flow = try #require(
      TCPFlow(source: source, sourcePort: 40_000, destination: destination, destinationPort: 5201))
    #expect(
      FlowRule(.tcp(flow), to: .queue(3)).command(for: "eth0")
        == "ethtool -N eth0 flow-type tcp6 src-ip 2001:db8::1 dst-ip 2001:db8::2 src-port 40000 dst-port 5201 action 3")
    #expect(
      FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 1)), to: .drop).command(for: "eth0")
        == "ethtool -N eth0 flow-type tcp4 dst-port 1 action -1")
  }

  @Test("A user's own steering is refused for ours, and accepted where it is all there is to be")
  func usersSteering() throws {
    let users = LeaseStates.change(LeaseStates.ready) { state in
      state.flowRules = .known(
        FlowRuleTable(rules: [FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 1)), to: .queue(7), location: 3)]))
      state.furtherSpreading = .known([ReceiveSideScaling(context: 1, table: [7])])
    }
    let without = LeaseStates.change(LeaseStates.ready) { state in
      state.flowRules = .refused(SystemCallError(attempt: "", call: "", errno: .notSupported))
    }
    let fixed = LeaseStates.change(LeaseStates.ready) { state in
      state.features = .known(FeatureStates(fixed: ["rx-ntuple-filter"]))
    }
    for state in [users, without, fixed] {
      var wish = LeaseWish(queues: [7])
      #expect(throws: LeaseRefusal.self) { try LeasePlan.make(wish, in: state) }
      wish.steeringIsUsers = true
      #expect(try LeasePlan.make(wish, in: state).changes == [])
    }
  }
}
