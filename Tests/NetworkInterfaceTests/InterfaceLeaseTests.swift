import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("A lease")
struct InterfaceLeaseTests {
  /// Two changes at the least: rings and RSS.
  private static let wish = LeaseWish(queues: [7, 8])

  /// Events are gathered here.
  private final class Record {
    var events: [LeaseEvent] = []
    var remarks: [LeaseRemark] {
      events.compactMap { event in if case .remark(let remark) = event { remark } else { nil } }
    }
  }

  private func acquire(
    _ device: SimulatedDevice, _ folder: JournalFolder, _ wish: LeaseWish = wish, record: Record = Record(),
    identity: JournalIdentity = JournalFolder.identity
  ) throws(LeaseError) -> InterfaceLease {
    try InterfaceLease.acquire(
      wish, device, identity, LeaseEnvironment(directory: folder.path, guardian: nil)
    ) { record.events.append($0) }
  }

  private func error(_ body: () throws(LeaseError) -> InterfaceLease) -> LeaseError? {
    do throws(LeaseError) {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  @Test("It changes what is planned and puts it back", arguments: LeaseStates.all)
  func life(state: InterfaceState) throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(state)
    let lease = try acquire(device, folder)
    #expect(device.state != state && device.configuredSplit == .enabled)
    #expect(folder.files.count == 1)
    #expect(lease.release() == [])
    #expect(device.state == state && device.configuredSplit != .enabled)
    #expect(folder.files == [])
    #expect(lease.release() == [])
  }

  @Test("A lease that is let go is released")
  func letGo() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.gve)
    _ = try acquire(device, folder)
    #expect(device.state == LeaseStates.gve && folder.files == [])
  }

  @Test("Nothing is changed or written where nothing needs to be, and two exclude each other all the same")
  func nothing() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.ready)
    let lease = try acquire(device, folder, LeaseWish(queues: [7]))
    #expect(device.applied == [])
    #expect(try TextFile.read(folder.file, limit: 100) == "")
    #expect(error { () throws(LeaseError) in try acquire(device, folder) } == .busy(interface: "eth0"))
    #expect(lease.release() == [] && folder.files == [])
  }

  @Test("A refused request, whichever it is, undoes those before it and shows the kernel's words", arguments: 1...4)
  func refused(number: Int) throws {
    for state in LeaseStates.all {
      let plan = try LeasePlan.make(InterfaceLeaseTests.wish, in: state)
      guard number <= plan.changes.count else { continue }
      let folder = try JournalFolder()
      let device = SimulatedDevice(state)
      device.refusesRequest = number
      let found = error { () throws(LeaseError) in try acquire(device, folder) }
      #expect(found?.description.contains("the device says no") == true)
      #expect(found?.remarks == [])
      #expect(device.state == state && folder.files == [])
    }
  }

  @Test("A change that is accepted without effect is undone like one that is refused", arguments: 1...3)
  func ignored(number: Int) throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.gve)
    device.ignoresRequest = number
    guard
      case .withoutEffect(_, _, let warning, let remarks)? = error({ () throws(LeaseError) in
        try acquire(device, folder)
      })
    else {
      Issue.record("it was taken for done")
      return
    }
    #expect(warning == "ignored" && remarks == [])
    #expect(device.state == LeaseStates.gve && folder.files == [])
  }

  @Test("What somebody else has changed meanwhile stays as they want it, and is said")
  func stranger() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.fbnic)
    let lease = try acquire(device, folder, LeaseWish(queues: [7], receiveRing: 64))
    let theirs = [UInt32](repeating: 3, count: 128)
    device.setTable(theirs)
    device.state.rings = device.state.rings.map { rings in
      var rings = rings
      rings.headerDataSplitThreshold = 99
      return rings
    }
    let remarks = lease.release()
    #expect(remarks.map(\.kind) == [.leftAlone, .leftAlone])
    #expect(remarks.map(\.description).contains { $0.contains("hds-thresh 99") })
    #expect(remarks.map(\.description).contains { $0.contains("RSS weights 0 0 0 128") })
    #expect(device.state.table == theirs)
    #expect(device.state.rings.value?.headerDataSplitThreshold == 99)
    #expect(device.state.rings.value?.receiveJumbo == 256, "what is ours in the same change goes back")
    #expect(device.configuredSplit == .automatic && folder.files == [])
  }

  @Test("What somebody else has put back already is no news")
  func restoredByOthers() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.gve)
    let lease = try acquire(device, folder)
    device.state = LeaseStates.gve
    #expect(lease.release() == [] && device.state == LeaseStates.gve)
  }

  @Test("A refusal while putting back is said, and the rest goes back; the journal knows what is left")
  func partlyRestored() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.gve)
    let lease = try acquire(device, folder, LeaseWish(queues: [7]))
    let made = device.applied.count
    device.refusesRequest = made + 1
    let remarks = lease.release()
    #expect(remarks.map(\.kind) == [.notRestored])
    #expect(remarks.first?.description.contains("the device says no") == true)
    #expect(remarks.first?.description.contains("ethtool -X eth0 default") == true)
    #expect(device.state.features == LeaseStates.gve.features && device.state.rings == LeaseStates.gve.rings)
    #expect(folder.files.count == 1)
    // The next one begins with it.
    let next = try acquire(device, folder, LeaseWish(queues: [7]))
    #expect(next.release() == [] && device.state == LeaseStates.gve && folder.files == [])
  }

  @Test("A setting that cannot be read for now is not taken for somebody else's: the journal keeps it")
  func unreadable() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.gve)
    let lease = try acquire(device, folder, LeaseWish(queues: [7]))
    let spreading = device.state.spreading
    device.state.spreading = .refused(SimulatedDevice.refusal)
    #expect(lease.release().map(\.kind) == [.notRestored])
    #expect(folder.files.count == 1)
    device.state.spreading = spreading
    #expect(try acquire(device, folder, LeaseWish(queues: [7])).release() == [])
    #expect(device.state == LeaseStates.gve && folder.files == [])
  }

  @Test("A device that is gone leaves words about what would have been done, and no journal")
  func gone() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.gve)
    let lease = try acquire(device, folder, LeaseWish(queues: [7]))
    device.isGone = true
    let remarks = lease.release()
    #expect(remarks.count == 1 && remarks.first?.kind == .notRestored)
    #expect(remarks.first?.description.contains("ethtool -X eth0 default; ethtool -K") == true)
    #expect(folder.files == [])
  }

  @Test("Kept, it stays until somebody else's lease is over and longer; what is kept is known to be ours")
  func kept() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.bnxt)
    try acquire(device, folder, LeaseWish(queues: [7])).keep()
    let prepared = device.state
    #expect(prepared != LeaseStates.bnxt && folder.files.count == 1)
    let record = Record()
    let lease = try acquire(device, folder, LeaseWish(queues: [6]), record: record)
    #expect(record.remarks == [])
    #expect(device.state.table.contains(7) == false && device.state.table.contains(6) == false)
    #expect(lease.release() == [])
    #expect(device.state == prepared && folder.files.count == 1)
    // Nothing is left to do for the same wish, although bnxt_en does not tell.
    let again = try acquire(device, folder, LeaseWish(queues: [7]), record: record)
    #expect(again.release() == [])
    let count = device.applied.count
    #expect(count == 4)
  }

  @Test("What a dead owner has left is put back by the next, whatever it had come to", arguments: LeaseStates.all)
  func recovery(state: InterfaceState) throws {
    let plan = try LeasePlan.make(InterfaceLeaseTests.wish, in: state)
    for made in 0...plan.changes.count {
      for isWrittenOnly in [false, true] where made > 0 || !isWrittenOnly {
        let folder = try JournalFolder()
        let device = SimulatedDevice(state)
        let journal = try folder.open()
        try journal.append(.identity(JournalFolder.identity, queues: [7]))
        for (place, change) in plan.changes.prefix(made).enumerated() {
          try journal.append(.change(place + 1, change))
          if !isWrittenOnly || place + 1 < made { _ = try device.apply(change) }
        }
        journal.close()
        let record = Record()
        _ = try acquire(device, folder, LeaseWish(queues: [6]), record: record)
        #expect(record.remarks.map(\.kind) == (made == 0 ? [] : [.recovered]))
        #expect(device.state == state && folder.files == [])
      }
    }
  }

  @Test("A journal that is not about this device is discarded aloud")
  func foreignJournal() throws {
    for change in [
      { (identity: inout JournalIdentity) in identity.boot = "other" },
      { $0.namespace = 1 }, { $0.permanentAddress = "02:00:00:00:00:99" },
    ] {
      var identity = JournalFolder.identity
      change(&identity)
      let folder = try JournalFolder()
      let journal = try folder.open()
      try journal.append(.identity(identity, queues: [7]))
      try journal.append(.change(1, .feature("rx-ntuple-filter", from: false, to: true)))
      journal.close()
      let device = SimulatedDevice(LeaseStates.ready)
      let record = Record()
      let lease = try acquire(device, folder, LeaseWish(queues: [7]), record: record)
      #expect(record.remarks.map(\.kind) == [.discarded])
      #expect(device.applied == [])
      #expect(lease.release() == [] && folder.files == [])
    }
  }

  @Test("Rules go in, out, and with the lease; those of others stay")
  func rules() throws {
    let folder = try JournalFolder()
    var state = LeaseStates.ready
    let users = FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 22)), to: .queue(1), location: 5)
    state.flowRules = .known(FlowRuleTable(rules: [users], size: 1024))
    let device = SimulatedDevice(state)
    let lease = try acquire(device, folder, LeaseWish(queues: [7]))
    func rule(_ port: UInt16) -> FlowRule {
      FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: port)), to: .queue(7))
    }
    let first = try lease.steer(rule(1))
    let second = try lease.steer(rule(2))
    let third = try lease.steer(rule(3))
    #expect([first, second, third].map(\.location) == [1023, 1022, 1021])
    try lease.release(first)
    try lease.release(first)
    #expect(device.state.flowRules.value?.rules.map(\.location) == [5, 1022, 1021])
    // Somebody replaces one of ours.
    try device.deleteRule(at: second.location)
    device.state.flowRules = device.state.flowRules.map { table in
      var table = table
      var theirs = users
      theirs.location = second.location
      table.rules.append(theirs)
      return table
    }
    let remarks = lease.release()
    #expect(remarks.map(\.kind) == [.leftAlone])
    #expect(device.state.flowRules.value?.rules.map(\.location).sorted() == [5, 1022])
    #expect(folder.files == [])
  }

  @Test("A rule that is refused leaves nothing behind; one whose place nobody wrote down is found by what it says")
  func ruleCrash() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseStates.ready)
    let rule = FlowRule(.tcp(TCPFlow(isIPv6: true, destinationPort: 9)), to: .queue(7))
    let lease = try acquire(device, folder, LeaseWish(queues: [7]))
    device.refusesRequest = 1
    #expect(throws: LeaseError.rule(SimulatedDevice.refusal)) { try lease.steer(rule) }
    #expect(lease.release() == [] && folder.files == [])

    let journal = try folder.open()
    try journal.append(.identity(JournalFolder.identity, queues: [7]))
    try journal.append(.rule(1, rule))
    try journal.append(.rule(2, FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 9)), to: .queue(7))))
    journal.close()
    _ = try device.insert(rule)
    _ = try acquire(device, folder, LeaseWish(queues: [7]))
    #expect(device.state.flowRules.value?.rules == [] && folder.files == [])
  }
}
