import BoundedJSON
import Report
import Testing

/// Every member of the documents on file, removed, of another type, and with numbers that nobody measures: the reader
/// refuses it with its place, or every view shows it. What would end this process would end the user's.
@Suite("Documents edited member by member")
struct EditedDocumentTests {
  /// Documents of one kind; each of them has members that none before it has.
  private static let families = [
    ["zero-copy", "client", "server", "memory-processor", "memory", "memory-none", "uring-zc", "failed"].map {
      "zcrx-bench-\($0)"
    },
    ["zcrx-bench-comparison"], ["zcrx-bench-sweep"],
    ["iperf-3.12-client", "iperf-3.12-server", "zcrx-bench-refusal"],
  ]

  @Test("Each is refused with its place or shown in every view", arguments: families)
  func eachMember(family: [String]) throws {
    var met: Set<String> = []
    var refused = 0
    var shown = 0
    for name in family {
      let document = Self.short(try Self.value("\(name).json"))
      let whole = try Self.read(document).get()
      for (path, old) in MemberPath.all(in: document) where met.insert(path.kind).inserted {
        for new in Self.replacements(of: old, number: met.count) where new != old {
          switch Self.read(path.setting(new, in: document)) {
          case .success(let documents):
            shown += 1
            // What is derived is for other readers: ours makes it anew.
            let isRead = old.doubleValue != nil && !name.hasPrefix("iperf") && !path.text.contains(".derived.")
            #expect(new != .integer(-1) || !isRead, "\(name), \(path.text)")
            let noNumber = try EveryView(of: documents, against: whole).noNumber
            #expect(noNumber == nil, "\(name), \(path.text) is \(new?.text() ?? "gone")")
          case .failure(let error):
            refused += 1
            #expect(Self.isPlace(error.place, of: path), "\(name), \(path.text): \(error)")
          }
        }
      }
    }
    #expect(refused > 10 && shown > 10, "both must be common, or nothing was tested: \(refused) and \(shown)")
  }

  @Test("Numbers as large, and as small, as a file can hold are shown wherever they stand together")
  func extremes() throws {
    for name in Self.families.joined() {
      let document = try Self.value("\(name).json")
      for extreme: JSONValue in [
        .integer(0), .integer(.max), .unsigned(.max), .double(1e308), .double(1e-300),
        .double(.greatestFiniteMagnitude), .double(.leastNonzeroMagnitude), .double(0x1p63), .double(0x1p64),
      ] {
        let edited = Self.replacingNumbers(in: document, by: extreme)
        guard case .success(let documents) = Self.read(edited) else { continue }
        let noNumber = try EveryView(of: documents, against: Self.read(document).get()).noNumber
        #expect(noNumber == nil, "\(name) of \(extreme)")
      }
    }
  }

  @Test("Axes of a sweep whose product is beyond counting are refused, and those beyond drawing shown")
  func endlessSweeps() throws {
    let document = try Self.value("zcrx-bench-sweep.json")
    func sweep(axes: Int) throws -> Result<[RecordedDocument], RecordedFileError> {
      let values: JSONValue = .array([.string("1"), .string("2")])
      let members = MemberPath(steps: [.key(Sweep.member)])
      let empty = members.appending(.key("points")).setting(.array([]), in: document)
      let axes: JSONValue = .array(
        (0..<axes).map { .object(["name": .string("a\($0)"), "values": values]) })
      return Self.read(members.appending(.key("axes")).setting(axes, in: empty))
    }
    let large = try sweep(axes: 62).get()
    #expect(try EveryView(of: large, against: large).page.contains("0 of 4611686018427387904 points"))
    guard case .failure(let error) = try sweep(axes: 64) else { return #expect(Bool(false)) }
    #expect(error.place == "value 1, zcrx_bench_sweep.axes")
  }

  @Test("A point of a sweep, an axis, or a value of one that stands twice is refused with its place")
  func repeatedInSweeps() throws {
    let document = try Self.value("zcrx-bench-sweep.json")
    let sweep = MemberPath(steps: [.key(Sweep.member)])
    func refusal(_ steps: [MemberPath.Step], _ value: JSONValue) -> RecordedFileError? {
      let edited = MemberPath(steps: sweep.steps + steps).setting(value, in: document)
      guard case .failure(let error) = Self.read(edited) else { return nil }
      return error
    }
    func texts(_ values: String...) -> JSONValue { .array(values.map { .string($0) }) }
    let point = refusal([.key("points"), .element(2), .key("values")], texts("1", "64K"))
    #expect(point?.place == "value 1, zcrx_bench_sweep.points[2].values")
    #expect(point?.description.contains("stands twice") == true)
    let name = refusal([.key("axes"), .element(1), .key("name")], .string("flows"))
    #expect(name?.place == "value 1, zcrx_bench_sweep.axes[1].name")
    #expect(name?.description.contains("stands twice") == true)
    let value = refusal([.key("axes"), .element(0), .key("values")], texts("1", "4", "1"))
    #expect(value?.place == "value 1, zcrx_bench_sweep.axes[0].values")
    #expect(value?.description.contains("has a value twice") == true)
    #expect(refusal([.key("axes"), .element(0), .key("values")], texts("1", "4", "8")) == nil)
  }

  /// What a member is replaced by; nil removes it. Of wrong types one each, in turn.
  private static func replacements(of value: JSONValue, number: Int) -> [JSONValue?] {
    let wrong: [JSONValue] = [.null, .string("x"), .array([]), .object([:]), .bool(true), .integer(-1)]
    let own: [JSONValue] =
      switch value {
      case .integer, .unsigned, .double:
        [
          .integer(-1), .integer(0), .integer(.max), .unsigned(.max), .double(.greatestFiniteMagnitude),
        ]
      case .string: [.string("x"), .string("")]
      case .array: [.array([])]
      case .object: [.object([:])]
      case .bool(let value): [.bool(!value)]
      case .null: []
      }
    return [nil, wrong[number % wrong.count]] + own
  }

  /// Whether an error names the member that was edited, what it stands in, or what stands in it.
  private static func isPlace(_ place: String, of path: MemberPath) -> Bool {
    guard place.hasPrefix("value 1") else { return false }
    // The document is none of ours, or of iperf3's, any more.
    guard let named = place.split(separator: ", ", maxSplits: 1).dropFirst().first else { return true }
    if path.text.hasPrefix(named) || named.hasPrefix(path.text) { return true }
    // Without the member that made it ours it is taken for iperf3's.
    if path.steps.count == 1, named == "end.sum_received" { return true }
    // What a list says elsewhere contradicts the edited one.
    return path.text.contains(".modes") && named.contains(".rounds[")
      || path.text.contains(".axes") && named.contains(".points[")
  }

  private static func value(_ fixture: String) throws -> JSONValue {
    let values = try JSONParser.parseSequence(FixtureFile(fixture).read(), limits: .file, repeatedKeys: .firstCounts)
      .values
    return try #require(values.first).value
  }

  private static func read(_ value: JSONValue) -> Result<[RecordedDocument], RecordedFileError> {
    Result { () throws(RecordedFileError) in try RecordedFile.documents(of: value.serialized(), name: "f") }
  }

  /// Without what nobody reads, and with one run of everything: of several, intervals are drawn, which takes its time.
  private static func short(_ document: JSONValue) -> JSONValue {
    guard case .object(var object) = document, let name = object.members.map(\.key).last else { return document }
    func first(_ list: JSONValue?) -> JSONValue? { list?.array.map { .array(Array($0.prefix(1))) } }
    switch (name, object[name]) {
    case ("zcrx_bench", let ours?): return .object(["start": .object([:]), "end": .object([:]), name: ours])
    case (Comparison.member, .object(var members)?):
      members["rounds"] = first(members["rounds"])
      return .object([name: .object(members)])
    case (Sweep.member, .object(var members)?):
      members["points"] = members["points"]?.array.map { points in
        .array(
          points.map { point in
            guard case .object(var point) = point else { return point }
            point["runs"] = first(point["runs"])
            return .object(point)
          })
      }
      return .object([name: .object(members)])
    default:
      object["start"] = .object([:])
      return .object(object)
    }
  }

  private static func replacingNumbers(in value: JSONValue, by extreme: JSONValue) -> JSONValue {
    switch value {
    case .integer: if case .double = extreme { value } else { extreme }
    case .unsigned, .double: extreme
    case .array(let elements): .array(elements.map { replacingNumbers(in: $0, by: extreme) })
    case .object(let object):
      .object(
        object.members.reduce(into: JSONObject()) { $0[$1.key] = replacingNumbers(in: $1.value, by: extreme) })
    case .null, .bool, .string: value
    }
  }
}
