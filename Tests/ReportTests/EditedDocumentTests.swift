import BoundedJSON
import Report
import Testing

/// Every member of the documents on file, removed, of another type, and with numbers that nobody measures: the reader
/// refuses it with its place, or every view shows it. What would end this process would end the user's.
@Suite("Documents edited member by member")
struct EditedDocumentTests {
  /// What a member is replaced by; nil removes it.
  private static let replacements: [JSONValue?] = [
    nil, .null, .string("x"), .array([]), .object([:]), .integer(0), .integer(-1), .integer(.max), .unsigned(.max),
    .double(1e308),
  ]

  /// Each of them has members that none before it has.
  private static let ours = [
    "zero-copy", "client", "server", "memory-processor", "memory", "memory-none", "uring-zc", "zc-copy", "discard",
    "failed", "partial-raw",
  ].map { "zcrx-bench-\($0).json" }
  private static let others =
    ["zcrx-bench-refusal", "zcrx-bench-comparison", "zcrx-bench-sweep"]
    + ["client", "server", "client-omit-mss"].map { "iperf-3.12-\($0)" }

  @Test("Each is refused with its place or shown in every view")
  func eachMember() throws {
    let clock = ContinuousClock()
    var pt = Duration.zero, vt = Duration.zero
    var met: Set<String> = []
    for name in Self.ours + Self.others.map({ "\($0).json" }) {
    let document = Self.short(try Self.value(name))
    let whole = try Self.read(document).get()
    var shown = 0
    var refused = 0
    for (path, old) in MemberPath.all(in: document) where met.insert(path.kind).inserted {
      for new in Self.replacements where new != old {
        var r: Result<[RecordedDocument], RecordedFileError>! = nil
        pt += clock.measure { r = Self.read(path.setting(new, in: document)) }
        switch r! {
        case .success(let documents):
          shown += 1
          vt += try clock.measure {
          _ = try EveryView.text(of: documents, against: whole)
          }
        case .failure(let error):
          refused += 1
          #expect(error.file == "f" && !error.place.isEmpty && !error.problem.isEmpty)
        }
      }
    }
    print("\(name): shown \(shown), refused \(refused) parse \(pt) view \(vt)")
    }
  }

  private static func value(_ fixture: String) throws -> JSONValue {
    let values = try JSONParser.parseSequence(FixtureFile(fixture).read(), limits: .file, repeatedKeys: .firstCounts)
    return try #require(values.first).value
  }

  private static func read(_ value: JSONValue) -> Result<[RecordedDocument], RecordedFileError> {
    Result { () throws(RecordedFileError) in try RecordedFile.documents(of: value.serialized(), name: "f") }
  }

  /// Without what is not read where our own members are, and with one run of everything: of several, intervals are drawn,
  /// which takes its time.
  private static func short(_ document: JSONValue) -> JSONValue {
    guard case .object(let object) = document, let name = object.members.map(\.key).last else { return document }
    switch (name, object[name]) {
    case ("zcrx_bench", let ours?): return .object(["start": .object([:]), "end": .object([:]), "zcrx_bench": ours])
    case (Comparison.member, .object(var members)?):
      members["rounds"] = members["rounds"]?.array.map { .array(Array($0.prefix(1))) }
      return .object([name: .object(members)])
    case (Sweep.member, .object(var members)?):
      members["points"] = members["points"]?.array.map { points in
        .array(
          points.map { point in
            guard case .object(var point) = point else { return point }
            point["runs"] = point["runs"]?.array.map { .array(Array($0.prefix(1))) }
            return .object(point)
          })
      }
      return .object([name: .object(members)])
    default: return document
    }
  }
}
