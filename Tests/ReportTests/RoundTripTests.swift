import BoundedJSON
import Testing

@testable import Report

@Suite("The zcrx_bench object")
struct RoundTripTests {
  static let runs = [
    ExampleRuns.server(), ExampleRuns.client(), ExampleRuns.partialRaw(), ExampleRuns.discarding(),
    ExampleRuns.failed(), ExampleRuns.zeroCopy(), ExampleRuns.zeroCopyWithoutDevice(), ExampleRuns.memory(),
    ExampleRuns.memoryOfProcessor(), ExampleRuns.noMemory(), ExampleRuns.sendingZeroCopy(), smallest,
    largest,
  ]

  /// Nothing known that may be unknown.
  private static var smallest: RunReport {
    RunReport(
      toolVersion: "", role: .client, kind: .iperf3, outcome: Outcome(.failed, reason: "no route"), startedAt: 0,
      peer: Endpoint(host: "", port: 0), local: Endpoint(host: "::", port: .max), settings: RunSettings(),
      environment: ExampleRuns.environment, processor: ProcessorUse(wallSeconds: 0, user: 0, system: 0))
  }

  /// Counters at their ends, and text that needs escaping.
  private static var largest: RunReport {
    var report = ExampleRuns.client()
    report.sent = Transfer(bytes: .max, start: 0.1, end: 1e300)
    report.copyAccount?.zeroCopied = ByteBounds(atLeast: UInt64(Int64.max), atMost: UInt64(Int64.max) + 1)
    report.streams[0].tcp?.retransmits = .max
    report.streams[0].tcp?.rtt = .max
    report.settings.window = .max
    report.settings.congestion = "reno"
    report.settings.maximumSegmentSize = 0
    report.notes = ["\u{1b}[2J\"quoted\"\\\n\u{202e}\u{0}é日本", ""]
    return report
  }

  @Test("Every report reads back equal, from the value and from the text", arguments: runs)
  func roundTrip(report: RunReport) throws {
    let json = report.json()
    #expect(try RunReport(json: json) == report)
    let parsed = try JSONParser.parse(json.serialized(pretty: true), limits: .file)
    #expect(try RunReport(json: parsed) == report)
  }

  @Test("2^64-1 bytes are written with every digit")
  func largestCount() {
    let text = Self.largest.json().text()
    #expect(text.contains("\"bytes\":18446744073709551615,"))
    #expect(text.contains("{\"at_least\":9223372036854775807,\"at_most\":9223372036854775808}"))
  }

  @Test("What is not known is absent")
  func absence() throws {
    let paths = KeyPaths(Self.smallest.json()).types
    #expect(!paths.values.contains { $0.contains("null") })
    for key in ["sent", "received", "copy_account", "cookie", "control_mss", "verification", "processor.machine"] {
      #expect(paths[key] == nil, "\(key)")
    }
  }

  @Test("Version 1.0 knew nothing of zero-copy receive: a report of a run without it has no member that came later")
  func unchangedSinceFirstVersion() {
    let paths = KeyPaths(ExampleRuns.client().json()).types
    for key in [
      "zero_copy", "streams[].copy_account", "streams[].placement", "streams[].lost_bytes", "intervals[].copied",
      "intervals[].zero_copied",
    ] {
      #expect(paths[key] == nil, "\(key)")
      #expect(KeyPaths(ExampleRuns.zeroCopy().json()).types[key] != nil, "\(key)")
    }
  }

  @Test("A report without the sender's account, as versions before 1.2 wrote it, has none of its members")
  func unchangedSinceVersion1_1() {
    let paths = KeyPaths(ExampleRuns.client().json()).types
    let added = KeyPaths(ExampleRuns.sendingZeroCopy().json()).types
    for key in ["transmit", "transmit.copied_bytes", "settings.requested_send", "settings.send_reason"] {
      #expect(paths[key] == nil, "\(key)")
      #expect(added[key] != nil, "\(key)")
    }
  }

  @Test("What is derived is written and not read back: whoever changes it changes nothing")
  func derived() throws {
    let report = ExampleRuns.server()
    let derived = try #require(report.json().object?["derived"]?.object)
    #expect(Set(derived.members.map(\.key)) == ["limit", "process_cost", "machine_cost"])
    #expect(derived["limit"]?.object?["verdict"] == .string("sender_cpu"))
    let changed = Self.replacing([.key("derived")], in: report.json(), with: .string("nonsense"))
    #expect(try RunReport(json: changed) == report)
    #expect(Self.smallest.json().object?["derived"] == nil)
  }

  @Test("Lost bytes are a member only where there are some")
  func lostBytes() {
    let streams = ExampleRuns.zeroCopy().json().object?["streams"]?.array
    #expect(streams?.map { $0.object?["lost_bytes"] } == [.integer(4096), nil])
    #expect(streams?.map { $0.object?["unread_bytes"] } == [nil, .integer(1448)])
  }

  @Test("A report whose counts make no sum is refused, and the members are named")
  func sums() throws {
    var report = ExampleRuns.server()
    report.streams[0].omittedBytes = .max
    report.streams[1].omittedBytes = 1
    #expect { try RunReport(json: report.json()) } throws: {
      "\($0)".contains("streams has omitted_bytes that make a sum beyond 2^64 - 1")
    }
    report = ExampleRuns.server()
    report.intervals[0].streams[0].bytes = .max
    #expect { try RunReport(json: report.json()) } throws: {
      "\($0)".contains("intervals has streams[].bytes that make")
    }
  }

  @Test("A member this version does not know is left alone: a later minor version may have added it")
  func unknownMember() throws {
    var object = try #require(ExampleRuns.server().json().object)
    object["schema_version"] = .string("1.7")
    object["added_later"] = .array([])
    let report = try RunReport(json: .object(object))
    #expect(report.schemaVersion == "1.7")
    #expect(report.streams == ExampleRuns.server().streams)
  }

  @Test(
    "Every member that is missing or of the wrong type is an error that names it, or makes a different report",
    arguments: [ExampleRuns.failed(), ExampleRuns.zeroCopy()])
  func everyMemberMatters(original: RunReport) throws {
    // What is derived is worked out anew, whatever stood there.
    let json = Self.replacing([.key("derived")], in: original.json(), with: nil)
    var refused = 0
    for path in Self.leaves(of: json, at: []) {
      let name = Self.text(of: path)
      let wrong = Self.replacing(path[...], in: json, with: .object([:]))
      #expect(throws: ReportError.self, "\(name)") { try RunReport(json: wrong) }
      do throws(ReportError) {
        _ = try RunReport(json: wrong)
      } catch {
        #expect(error.path == name)
        #expect(error.description.contains("zcrx_bench.\(name) "))
      }
      do throws(ReportError) {
        #expect(try RunReport(json: Self.replacing(path[...], in: json, with: nil)) != original, "\(name)")
      } catch {
        #expect(error.path == name)
        #expect(error.problem == "is missing")
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  @Test(
    "Values out of range are refused with the range",
    arguments: [
      ("streams[0].remote.port", JSONValue.integer(65_536), "an integer from 0 to 65535, and is 65536"),
      ("streams[0].remote.port", .integer(-1), "an integer from 0 to 65535, and is -1"),
      ("sent.bytes", .double(0.5), "an integer from 0 to 18446744073709551615, and is 0.5"),
      ("streams[1].tcp.rtt_us", .unsigned(.max), "an integer from 0 to 4294967295, and is 18446744073709551615"),
      ("role", .string("\u{1b}[2J"), "one of server, client, and is \"\\u{1b}[2J\""),
      ("notes", .string("one"), "an array, and is \"one\""),
      ("sent.start", .string("0"), "a number from 0 on, and is \"0\""),
    ])
  func outOfRange(name: String, value: JSONValue, problem: String) throws {
    let json = ExampleRuns.client().json()
    let path = try #require(Self.leaves(of: json, at: []).first { Self.text(of: $0).hasPrefix(name) })
    let place = path.prefix { _ in true }.prefix(Self.depth(of: name))
    let error = #expect(throws: ReportError.self) {
      try RunReport(json: Self.replacing(place, in: json, with: value))
    }
    #expect(error?.path == name)
    #expect(error?.problem == "must be \(problem)")
  }

  @Test("Bounds whose least exceeds their most are refused")
  func crossedBounds() throws {
    let bounds = JSONValue.object(["at_least": .integer(2), "at_most": .integer(1)])
    #expect(throws: ReportError(path: "copied", problem: "has at_least 2 above at_most 1")) {
      try CopyAccount(json: .object(["copied": bounds, "discarded": .integer(0), "method": .string("")]))
    }
  }

  @Test("Another major version is refused with both numbers", arguments: ["2.0", "0.9", "", "10.0"])
  func otherMajorVersion(version: String) {
    var report = ExampleRuns.server()
    report.schemaVersion = version
    #expect(
      throws: ReportError(path: "schema_version", problem: "is \"\(version)\", and this zcrx-bench reads 1.x")
    ) {
      try RunReport(json: report.json())
    }
  }

  // MARK: Walking a document

  enum Step: Equatable {
    case key(String)
    case index(Int)
  }

  private static func leaves(of value: JSONValue, at path: [Step]) -> [[Step]] {
    switch value {
    case .object(let object): object.members.flatMap { leaves(of: $0.value, at: path + [.key($0.key)]) }
    case .array(let elements):
      elements.enumerated().flatMap { leaves(of: $0.element, at: path + [.index($0.offset)]) }
    case .null, .bool, .integer, .unsigned, .double, .string: [path]
    }
  }

  private static func replacing(
    _ path: ArraySlice<Step>, in value: JSONValue, with replacement: JSONValue?
  ) -> JSONValue {
    guard let step = path.first else { return replacement ?? .null }
    let rest = path.dropFirst()
    switch (step, value) {
    case (.key(let key), .object(var object)):
      let member = object[key] ?? .null
      object[key] = rest.isEmpty ? replacement : replacing(rest, in: member, with: replacement)
      return .object(object)
    case (.index(let index), .array(var elements)):
      if rest.isEmpty, replacement == nil {
        elements.remove(at: index)
      } else {
        elements[index] = replacing(rest, in: elements[index], with: replacement)
      }
      return .array(elements)
    default: return value
    }
  }

  private static func text(of path: [Step]) -> String {
    path.reduce(into: "") { text, step in
      switch step {
      case .key(let key): text += text.isEmpty ? key : ".\(key)"
      case .index(let index): text += "[\(index)]"
      }
    }
  }

  private static func depth(of name: String) -> Int {
    name.split { $0 == "." || $0 == "[" }.count
  }
}
