import BoundedJSON
import Testing

@testable import Report

@Suite("Reports read back")
struct RecordedFileTests {
  private static func read(_ fixture: String) throws -> [RecordedDocument] {
    try RecordedFile.documents(of: FixtureFile(fixture).read(), name: fixture)
  }

  private static func run(_ fixture: String) throws -> RecordedRun {
    let documents = try read(fixture)
    #expect(documents.count == 1)
    guard case .run(let run)? = documents.first else { throw RecordedFileError(file: fixture, problem: "is no run") }
    return run
  }

  private static func failure(_ text: String) -> RecordedFileError? {
    do {
      _ = try RecordedFile.documents(of: Array(text.utf8), name: "f")
      return nil
    } catch {
      return error
    }
  }

  @Test("Documents and lines of one run give the same figures", arguments: ["client", "zero-copy"])
  func forms(name: String) throws {
    let document = try Self.run("zcrx-bench-\(name).json")
    let lines = try Self.run("zcrx-bench-\(name).jsonl")
    #expect(document.origin == .zcrxBench)
    #expect(document.report == lines.report)
    for metric in Metric.all { #expect(document.reading(of: metric) == lines.reading(of: metric)) }
  }

  @Test(
    "A stock iperf3's documents are read, and say nothing about copies",
    arguments: ["client", "server", "client-omit-mss"])
  func iperf(name: String) throws {
    let run = try Self.run("iperf-3.12-\(name).json")
    #expect(run.origin == .iperf3)
    #expect(run.reading(of: .throughput).value ?? 0 > 1e9)
    #expect(run.reading(of: .cpu).value ?? 0 > 0)
    #expect(run.reading(of: .zeroCopyProven).value == nil)
    #expect((run.reading(of: .retransmits).value != nil) == name.hasPrefix("client"))
    #expect(run.failure == nil)
  }

  @Test("The keys an iperf3 client writes twice are no fault of its document; ours may not have any")
  func repeatedKeys() throws {
    let text = String(decoding: try FixtureFile("iperf-3.12-client.json").read(), as: UTF8.self)
    let twice = text.replacing("\"sock_bufsize\":", with: "\"sock_bufsize\": 0, \"sock_bufsize\":", maxReplacements: 1)
    #expect(twice != text)
    #expect(Self.failure(twice) == nil)
    let ours = String(decoding: try FixtureFile("zcrx-bench-client.json").read(), as: UTF8.self)
    let broken = ours.replacing("\"sock_bufsize\":", with: "\"sock_bufsize\": 0, \"sock_bufsize\":", maxReplacements: 1)
    #expect(Self.failure(broken)?.problem.contains("appears twice") == true)
  }

  @Test(
    "A member of iperf3's on the way to a figure that is no object is refused with its place",
    arguments: [
      "end.sum_received", "end.sum_sent", "end.cpu_utilization_percent", "intervals[0].sum", "end.streams[0].sender",
    ])
  func wrongTypeOnTheWay(place: String) throws {
    let document = try JSONParser.parseSequence(
      FixtureFile("iperf-3.12-client.json").read(), limits: .file, repeatedKeys: .firstCounts
    ).values[0].value
    let path = try #require(MemberPath.all(in: document).map(\.0).first { $0.text == place })
    for wrong: JSONValue in [.integer(3), .string("x"), .array([]), .bool(true)] {
      let error = Self.failure(path.setting(wrong, in: document).text())
      #expect(error?.place == "value 1, \(place)")
      #expect(error?.problem.hasPrefix("must be an object, and is ") == true)
    }
  }

  @Test("A stock client's document with keys that stand twice, cut at any byte or with a NaN, is refused for that")
  func trueReason() throws {
    let text = String(decoding: try FixtureFile("iperf-3.12-client.json").read(), as: UTF8.self)
    let twice = text.replacing("\"sock_bufsize\":", with: "\"sock_bufsize\": 0, \"sock_bufsize\":", maxReplacements: 1)
    let bytes = Array(twice.utf8)
    let end = bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0
    for length in stride(from: 1, through: end, by: 7) + [end] {
      let error = Self.failure(String(decoding: bytes[..<length], as: UTF8.self))
      #expect(error?.problem == "the document ends inside a value", "cut at \(length)")
      #expect(error?.place == "at byte \(length)")
    }
    let cut = Self.failure(#"{"start":{"sock_bufsize":0,"sock_bufsize":0},"intervals":[],"end":{"#)
    #expect(cut?.problem == "the document ends inside a value")
    let noNumber = Self.failure(twice.replacing("\"bits_per_second\":", with: "\"bits_per_second\": nan, \"x\":"))
    #expect(noNumber?.problem == "\"a\" where null must stand")
    // Two documents, of which one is not iperf3's: the key is not permitted there.
    #expect(Self.failure(#"{"a": 1, "a": 2}"#)?.problem.contains("appears twice") == true)
  }

  @Test("A test that fell through is a run that did not complete")
  func refusals() throws {
    let run = try Self.run("zcrx-bench-refusal.json")
    #expect(run.failure == "the server is busy running a test; try again later")
    #expect(run.reading(of: .throughput).value == nil)
    let line = try RecordedFile.documents(of: Array(#"{"event":"error","data":"why"}"#.utf8), name: "f")
    guard case .run(let refused)? = line.first else { return #expect(Bool(false)) }
    #expect(refused.failure == "why")
  }

  @Test("Documents that follow one another are told apart, and so are tests in lines")
  func several() throws {
    let one = try FixtureFile("zcrx-bench-server.json").read()
    let names = try RecordedFile.documents(of: one + one, name: "f").map { document in
      if case .run(let run) = document { run.name } else { "" }
    }
    #expect(names == ["f (1)", "f (2)"])
    let lines = try FixtureFile("zcrx-bench-client.jsonl").read()
    #expect(try RecordedFile.documents(of: lines + lines, name: "f").count == 2)
    #expect(try RecordedFile.documents(of: lines + one, name: "f").count == 2)
  }

  @Test("A file cut anywhere is named with the place, and never taken for whole")
  func cut() throws {
    let document = try FixtureFile("zcrx-bench-partial-raw.json").read()
    for length in stride(from: 1, to: document.count - 2, by: 97) {
      let error = #expect(throws: RecordedFileError.self) {
        try RecordedFile.documents(of: Array(document.prefix(length)), name: "f")
      }
      #expect(error?.place == "at byte \(length)" || error?.place.hasPrefix("at byte") == true)
    }
    // Lines cut between two of them are lines all the same.
    let lines = try FixtureFile("zcrx-bench-client.jsonl").read().split(separator: UInt8(ascii: "\n"))
    let error = #expect(throws: RecordedFileError.self) {
      try RecordedFile.documents(of: Array(lines[..<2].joined(separator: [UInt8(ascii: "\n")])), name: "f")
    }
    #expect(error?.problem.contains("the lines stop before the end of their test") == true)
  }

  @Test("Foreign, empty and hand-edited files are named with the member at fault")
  func foreign() throws {
    #expect(Self.failure("") == RecordedFileError(file: "f", problem: "holds no JSON value"))
    #expect(Self.failure(" \n")?.problem == "holds no JSON value")
    #expect(
      Self.failure("[]")?.description
        == "'f', value 1 at byte 0: is an array of 0, and no report of zcrx-bench or iperf3")
    #expect(Self.failure(#"{"a": 1, "b": 2}"#)?.problem.hasPrefix("is an object with \"a\", \"b\"") == true)
    #expect(Self.failure("42 {}")?.place == "value 1 at byte 0")
    #expect(Self.failure(#"{"start": {}, "end": {}, "intervals": []}"#)?.place == "value 1, end.sum_received")
    #expect(Self.failure(#"{"start": {}, "end": {}, "error": 5}"#)?.place == "value 1, error")
    let text = String(decoding: try FixtureFile("zcrx-bench-server.json").read(), as: UTF8.self)
    func edited(_ old: String, _ new: String) -> String? {
      let edited = text.replacing(old, with: new)
      return edited == text ? nil : Self.failure(edited).map { "\($0.place): \($0.problem)" }
    }
    #expect(
      edited("\"schema_version\":\t\"1.5\"", "\"schema_version\":\t\"0.9\"")
        == "value 1, zcrx_bench.schema_version: is \"0.9\", and this zcrx-bench reads 1.x")
    #expect(
      edited("\"role\":\t\"server\"", "\"role\":\t\"waiter\"")?.hasPrefix("value 1, zcrx_bench.role: must be one of")
        == true)
    #expect(edited("\"is_ours\"", "\"is_theirs\"") == nil, "a server without a device has no placement")
    #expect(edited("\"host\":\t\"192.0.2.2\"", "\"host\":\t7")?.contains("must be a string") == true)
  }

  @Test("Files of earlier and later minor versions are read")
  func versions() throws {
    let text = String(decoding: try FixtureFile("zcrx-bench-server.json").read(), as: UTF8.self)
    for version in ["1.0", "1.1", "1.2", "1.3", "1.99"] {
      #expect(
        Self.failure(text.replacing("\"schema_version\":\t\"1.5\"", with: "\"schema_version\":\t\"\(version)\"")) == nil
      )
    }
  }

  @Test("Comparisons and sweeps come back as they were")
  func comparisons() throws {
    let comparison = ExampleComparisons.comparison()
    guard case .comparison(let read, _)? = try Self.read("zcrx-bench-comparison.json").first else {
      return #expect(Bool(false))
    }
    #expect(read == comparison)
    guard case .sweep(let sweep, _)? = try Self.read("zcrx-bench-sweep.json").first else { return #expect(Bool(false)) }
    #expect(sweep == ExampleComparisons.sweep())
  }

  @Test("An edited comparison that contradicts itself is refused with the place")
  func contradictions() throws {
    let comparison = String(decoding: try FixtureFile("zcrx-bench-comparison.json").read(), as: UTF8.self)
    let sweep = String(decoding: try FixtureFile("zcrx-bench-sweep.json").read(), as: UTF8.self)
    let edits: [(String, String, String, String)] = [
      (comparison, "\"name\":\t\"zc-copy\"", "\"name\":\t\"zc-lost\"", "rounds[0].runs[1].mode: is none of"),
      (comparison, "\"name\":\t\"zc-copy\"", "\"name\":\t\"zc\"", "modes: names a mode twice"),
      (comparison, "\"zero_copy_proven\":\t0.991", "\"zero_copy_proven\":\t1.5", "has a zero-copy.proven above 1"),
      (comparison, "\"dram_bytes_per_byte\":\t3.2", "\"dram_bytes_per_byte\":\t-3.2", "dram_bytes_per_byte: must be"),
      (sweep, "\"values\":\t[\"4\", \"64K\"]", "\"values\":\t[\"64K\"]", "points[2].values: must be one value of each"),
    ]
    for (text, old, new, problem) in edits {
      let edited = text.replacing(old, with: new)
      #expect(edited != text)
      let found = Self.failure(edited).map { "\($0.place): \($0.problem)" } ?? "nothing"
      #expect(found.contains(problem), "\(found)")
    }
  }

  @Test("Nothing that a mutated file holds ends the reader")
  func mutants() throws {
    let document = try FixtureFile("zcrx-bench-comparison.json").read()
    var refused = 0
    var read = 0
    for position in stride(from: 0, to: document.count, by: 41) {
      for byte: UInt8 in [0x00, 0x22, 0x2D, 0x39, 0x5D, 0xFF] {
        var mutant = document
        mutant[position] = byte
        if let documents = try? RecordedFile.documents(of: mutant, name: "f") {
          read += 1
          // Every table takes thousands of draws.
          guard read.isMultiple(of: 40) else { continue }
          for case .comparison(let comparison, _) in documents { _ = ComparisonText(comparison).lines }
        } else {
          refused += 1
        }
      }
    }
    #expect(refused > 100)
  }
}
