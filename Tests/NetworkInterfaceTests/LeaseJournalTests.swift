import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

/// A directory of its own for a test.
final class JournalFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/zcrx-journal-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
  }

  deinit {
    for name in files { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  var files: [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  static let identity = JournalIdentity(
    boot: "6c3f", namespace: 4_026_531_840, interfaceIndex: 3, interfaceName: "eth0",
    permanentAddress: "02:00:00:00:00:01", driver: "bnxt_en")

  var file: String { "\(path)/\(JournalFolder.identity.fileName)" }

  func open(compactsFrom: Int = 1 << 18) throws -> LeaseJournal {
    try #require(try LeaseJournal.open(file, compactsFrom: compactsFrom))
  }

  func write(_ text: String) throws {
    let descriptor = creat(file, 0o600)
    #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
    close(descriptor)
  }
}

@Suite("The journal")
struct LeaseJournalTests {
  private let identity = JournalRecord.identity(JournalFolder.identity, queues: [1, 2])
  private static let records: [JournalRecord] = [
    .identity(JournalFolder.identity, queues: [1]),
    .change(1, .channels(from: .init(receive: 0, combined: 4), to: .init(receive: 0, combined: 5))),
    .change(2, .feature("rx-gro-hw", from: false, to: true)),
    .change(
      3,
      .rings(
        from: .init(receive: 1024, split: .automatic, threshold: 256),
        to: .init(receive: 64, split: .enabled, threshold: 0))),
    .change(4, .rings(from: .init(receiveJumbo: 256), to: .init(receiveJumbo: 64))),
    .change(5, .spreading(from: .init(table: [0, 1], isStandard: true), to: .init(table: [0, 0], isStandard: false))),
    .rule(6, FlowRule(.tcp(TCPFlow(isIPv6: true, destinationPort: 5201)), to: .queue(1))),
    .rule(
      7,
      FlowRule(
        .tcp(
          TCPFlow(
            isIPv6: false, source: FlowAddress("192.0.2.1"), destination: FlowAddress("192.0.2.2"), sourcePort: 1,
            destinationPort: 2)), to: .context(4, firstQueue: 0), location: 9)),
    .context(8, LeaseContext(table: [1, 2], earlier: [1, 7])), .context(9, LeaseContext(table: [3], number: 2)),
    .change(10, LeaseDeferralTests.ofQueue), .change(11, LeaseDeferralTests.ofDevice),
    .placed(6, location: 1023), .made(8, context: 3), .undone(2), .kept,
  ]

  @Test("Every record reads back as it was written", arguments: records)
  func codec(record: JournalRecord) {
    #expect(record.line.last == UInt8(ascii: "\n") && record.line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    #expect(JournalRecord(line: record.line.dropLast()) == record)
  }

  @Test(
    "What no version writes is no record",
    arguments: [
      "", "{}", "[]", "{\"entry\":1}", "{\"entry\":1,\"change\":{}}", "{\"zcrx_bench_journal\":2}",
      "{\"entry\":1,\"change\":{\"rss\":{\"from\":{\"table\":[-1],\"default\":true},\"to\":{\"table\":[0],\"default\":false}}}}",
      "{\"entry\":1,\"change\":{\"napi\":{\"from\":{},\"to\":{}},\"queue\":1}}",
      "{\"entry\":1,\"rule\":{\"location\":1}}", "{\"kept\":false}", "{\"placed\":1,\"location\":4294967296}",
      "{\"made\":1}", "{\"made\":1,\"context\":-1}", "{\"entry\":1,\"context\":1}",
      "{\"entry\":1,\"context\":{\"table\":[1],\"earlier\":[-1],\"number\":null}}",
      "{\"entry\":1,\"context\":{\"table\":[1],\"earlier\":[],\"number\":\"1\"}}",
    ])
  func malformed(text: String) {
    #expect(JournalRecord(line: text.utf8) == nil)
  }

  @Test("What was written before is there after, in its order, without what was undone")
  func persistence() throws {
    let folder = try JournalFolder()
    let contents: JournalContents
    do {
      let journal = try folder.open()
      for record in LeaseJournalTests.records { try journal.append(record) }
      contents = journal.contents
      journal.close()
    }
    let again = try folder.open()
    #expect(again.contents == contents && again.unreadableLines == 0)
    #expect(contents.entries.map(\.number) == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    #expect(contents.entries.allSatisfy(\.isKept) && contents.lastNumber == 11)
    let context = LeaseContext(table: [1, 2], earlier: [1, 7], number: 3)
    #expect(contents.entries.first { $0.number == 8 }?.deed == .context(context))
    if case .rule(let rule)? = contents.entries.first(where: { $0.number == 6 })?.deed {
      #expect(rule.location == 1023)
    } else {
      Issue.record("entry 6 is no rule")
    }
  }

  @Test("A torn line, wherever it is torn, leaves what was whole before it, and the next line is not glued to it")
  func torn() throws {
    let folder = try JournalFolder()
    let whole = Array(LeaseJournalTests.records.prefix(2).flatMap(\.line))
    let last = LeaseJournalTests.records[2].line
    for length in 0..<last.count {
      try folder.write(String(decoding: whole + last.prefix(length), as: UTF8.self))
      do {
        let journal = try folder.open()
        #expect(journal.contents.entries.map(\.number) == [1] && journal.unreadableLines == 0)
        try journal.append(.change(2, .feature("rx-ntuple-filter", from: false, to: true)))
        journal.close()
      }
      let journal = try folder.open()
      #expect(journal.contents.entries.map(\.number) == [1, 2] && journal.unreadableLines == 0)
      journal.close()
    }
  }

  @Test("A line in the middle that cannot be read is counted, and the others are believed")
  func unreadable() throws {
    let folder = try JournalFolder()
    let lines = LeaseJournalTests.records.prefix(3).map { String(decoding: $0.line, as: UTF8.self) }
    try folder.write(lines[0] + lines[1] + "garbage\n" + lines[2])
    let journal = try folder.open()
    #expect(journal.contents.entries.map(\.number) == [1, 2] && journal.unreadableLines == 1)
  }

  @Test("Whoever has it open keeps everybody else out; then it is free")
  func exclusion() throws {
    let folder = try JournalFolder()
    do {
      let journal = try folder.open()
      #expect(try LeaseJournal.open(folder.file) == nil)
      journal.close()
    }
    #expect(try LeaseJournal.open(folder.file) != nil)
  }

  @Test(
    "A folder that others may enter, or that is a link, is refused: anything may be in it",
    arguments: [0o755, 0o770, 0o701])
  func othersFolder(mode: mode_t) throws {
    let folder = try JournalFolder()
    try folder.open().append(identity)
    #expect(chmod(folder.path, mode) == 0)
    let refusal = #expect(throws: SystemCallError.self) { try LeaseJournal.open(folder.file) }
    #expect(refusal?.description.contains("which is not root's alone") == true)
    #expect(throws: SystemCallError.self) { try LeaseJournal.open(folder.file, creates: false) }
    #expect(throws: SystemCallError.self) { try LeaseJournal.peek(folder.file) }
    #expect(chmod(folder.path, 0o700) == 0)
    let link = "\(folder.path)-link"
    #expect(symlink(folder.path, link) == 0)
    defer { unlink(link) }
    #expect(throws: SystemCallError.self) { try LeaseJournal.open("\(link)/\(JournalFolder.identity.fileName)") }
    _ = try folder.open()
  }

  @Test("A folder of another user is refused", .enabled(if: geteuid() == 0))
  func foreignFolder() throws {
    let folder = try JournalFolder()
    #expect(chown(folder.path, 65534, 65534) == 0)
    #expect(throws: SystemCallError.self) { try LeaseJournal.open(folder.file) }
    #expect(folder.files == [])
  }

  @Test("The restore helper takes nothing but a journal in the folder of journals")
  func namesOfJournals() {
    #expect(Guardian.isJournal("/run/zcrx-bench/\(JournalFolder.identity.fileName)"))
    for other in [
      "/etc/passwd", "", "/run/zcrx-bench/", "/run/zcrx-bench/4026531840-3", "/run/zcrx-bench/x-3.journal",
      "/run/zcrx-bench/4026531840.journal", "/run/zcrx-bench/1-2-3.journal", "/run/zcrx-bench/../x/1-2.journal",
      "/run/zcrx-bench/a/1-2.journal", "run/zcrx-bench/1-2.journal", "/run/zcrx-bench/-1-2.journal",
      "/run/zcrx-bench/1-+2.journal", "/tmp/1-2.journal", "/run/zcrx-bench/1-4294967296.journal",
    ] {
      #expect(!Guardian.isJournal(other), "\(other)")
    }
  }

  @Test("A file nobody needs is removed; one with something to put back is not")
  func removal() throws {
    let folder = try JournalFolder()
    try folder.open().close()
    #expect(folder.files == [])
    let journal = try folder.open()
    try journal.append(identity)
    try journal.append(LeaseJournalTests.records[1])
    journal.close()
    #expect(folder.files == [JournalFolder.identity.fileName])
    #expect(throws: SystemCallError.self) { try LeaseJournal.open("\(folder.path)/none", creates: false) }
  }

  @Test("A long journal is written anew without what has been undone, and stays locked")
  func compaction() throws {
    let folder = try JournalFolder()
    let journal = try folder.open(compactsFrom: 4096)
    try journal.append(identity)
    try journal.append(LeaseJournalTests.records[1])
    try journal.append(.kept)
    for number in 2..<200 {
      try journal.append(.rule(number, FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 80)), to: .queue(1))))
      try journal.append(.placed(number, location: 5))
      if number < 199 { try journal.append(.undone(number)) }
    }
    var facts = stat()
    #expect(stat(folder.file, &facts) == 0 && facts.st_size < 8192)
    #expect(try LeaseJournal.open(folder.file) == nil)
    #expect(folder.files.count == 1)
    let peeked = try LeaseJournal.peek(folder.file)
    #expect(peeked.entries == journal.contents.entries)
    #expect(peeked.entries.map(\.number) == [1, 199] && peeked.entries.map(\.isKept) == [true, false])
  }

  @Test("A journal of another boot, namespace or device is told apart; a renamed device is the same")
  func identities() {
    func difference(_ change: (inout JournalIdentity) -> Void) -> String? {
      var other = JournalFolder.identity
      change(&other)
      return JournalFolder.identity.difference(from: other)
    }
    #expect(difference { $0.boot = "7" } == "it is of another boot")
    #expect(difference { $0.namespace = 7 } == "it is of another network namespace")
    #expect(difference { $0.interfaceIndex = 7 } == "it is of the interface with index 7")
    #expect(difference { $0.permanentAddress = nil } == "it is of another device (bnxt_en)")
    #expect(difference { $0.driver = "gve" } == "it is of another device (gve 02:00:00:00:00:01)")
    #expect(difference { $0.interfaceName = "lan0" } == nil)
  }
}
