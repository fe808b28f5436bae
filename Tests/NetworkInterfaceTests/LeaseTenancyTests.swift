import Glibc
import Testing

@testable import NetworkInterface

@Suite("Who uses an interface")
struct LeaseTenancyTests {
  private let identity = JournalFolder.identity
  private let change = JournalRecord.change(1, .feature("rx-gro-hw", from: false, to: true))
  private let rule = FlowRule(
    .tcp(TCPFlow(isIPv6: false, destinationPort: 5201)), to: .queue(2), location: FlowRule.anyLocation)

  private func tenancy(_ folder: JournalFolder, _ change: (inout JournalIdentity) -> Void = { _ in }) throws
    -> LeaseTenancy
  {
    var identity = identity
    change(&identity)
    return try LeaseTenancy.read(folder.file, about: identity)
  }

  /// As somebody leaves it who has it no more.
  private func write(_ records: [JournalRecord], to folder: JournalFolder) throws {
    let journal = try folder.open()
    for record in records { try journal.append(record) }
    journal.close()
  }

  @Test("The one who has locked the journal, by its process id, and nobody before")
  func living() throws {
    let folder = try JournalFolder()
    #expect(try tenancy(folder) == LeaseTenancy(.nobody))
    let journal = try folder.open()
    #expect(try tenancy(folder) == LeaseTenancy(.process(getpid())))
    try journal.append(.identity(identity, queues: [1, 2]))
    try journal.append(.rule(1, rule))
    try journal.append(.placed(1, location: 1023))
    let found = try tenancy(folder)
    #expect(found.tenant == .process(getpid()))
    #expect(found.queues == [1, 2])
    #expect(found.rules.map(\.location) == [1023])
  }

  @Test("One that has died has left entries that nobody keeps")
  func dead() throws {
    let folder = try JournalFolder()
    try write([.identity(identity, queues: [1]), change], to: folder)
    #expect(try tenancy(folder) == LeaseTenancy(.dead, queues: [1]))
    #expect(try tenancy(folder) { $0.boot = "other" } == LeaseTenancy(.stale("it is of another boot")))
    #expect(
      try tenancy(folder) { $0.driver = "gve" }.tenant == .stale("it is of another device (bnxt_en 02:00:00:00:00:01)"))
  }

  @Test("What was set up to stay is nobody's death; what came after it is")
  func kept() throws {
    let folder = try JournalFolder()
    try write([.identity(identity, queues: [3]), change, .kept], to: folder)
    #expect(try tenancy(folder) == LeaseTenancy(.kept, queues: [3]))
    try write([.identity(identity, queues: [2]), .rule(2, rule)], to: folder)
    #expect(try tenancy(folder) == LeaseTenancy(.dead, queues: [2, 3], rules: [rule]))
  }

  @Test("A journal in which all is undone is nobody's")
  func spent() throws {
    let folder = try JournalFolder()
    try folder.write("")
    #expect(try tenancy(folder) == LeaseTenancy(.nobody))
  }

  @Test("A rule is the tenant's at its place and with its meaning only")
  func owning() {
    var placed = rule
    placed.location = 7
    let tenancy = LeaseTenancy(.dead, rules: [placed])
    #expect(tenancy.owns(placed))
    #expect(!tenancy.owns(rule))
    #expect(!tenancy.owns(FlowRule(placed.specification, to: .queue(3), location: 7)))
  }

  @Test("A context is the tenant's by its number and table, and before it has a number by those there were before")
  func owningContexts() throws {
    let folder = try JournalFolder()
    let context = LeaseContext(table: [1, 2], earlier: [1])
    func owns(_ number: UInt32, _ table: [UInt32] = [1, 2]) throws -> Bool {
      try tenancy(folder).owns(ReceiveSideScaling(context: number, table: table))
    }
    try write([.identity(identity, queues: [1]), .context(1, context)], to: folder)
    #expect(try owns(2) && owns(3) && !owns(1) && !owns(2, [2, 1]))
    try write([.made(1, context: 2)], to: folder)
    #expect(try owns(2) && !owns(3) && !owns(2, [2, 1]))
    try write([.undone(1)], to: folder)
    #expect(try !owns(2))
  }

  /// Constructed after proc_locks(5).
  private static let locks = """
    1: POSIX  ADVISORY  WRITE 11 00:1b:1734 0 EOF
    2: FLOCK  ADVISORY  WRITE 12 00:1c:1734 0 EOF
    3: FLOCK  ADVISORY  WRITE 13 00:1b:17340 0 EOF
    4: FLOCK  ADVISORY  WRITE 14 103:1b:1734 0 EOF
    5: FLOCK  ADVISORY  WRITE 15 00:1b:1734 0 EOF
    5: -> FLOCK  ADVISORY  WRITE 16 00:1b:1734 0 EOF

    """

  @Test("A lock is that of the same kind, device and inode, and one that waits has none")
  func locks() {
    func holder(_ device: UInt, _ inode: UInt, in locks: String = Self.locks) -> Int32? {
      var file = stat()
      file.st_dev = device
      file.st_ino = inode
      return LeaseTenancy.holder(of: file, in: locks)
    }
    #expect(holder(0x1b, 1734) == 15)
    #expect(holder(0x1c, 1734) == 12)
    // As makedev(3) puts major 0x103 and minor 0x1b together.
    #expect(holder(0x1b | 0x103 << 8, 1734) == 14)
    #expect(holder(0x1b, 1735) == nil)
    #expect(holder(0x1b, 1734, in: "5: -> FLOCK  ADVISORY  WRITE 16 00:1b:1734 0 EOF\n") == nil)
    #expect(holder(0x1b, 1734, in: "") == nil)
  }
}
