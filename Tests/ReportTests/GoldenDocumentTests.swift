import BoundedJSON
import Glibc
import Testing

@testable import Report

/// The documents of Tests/ReportTests/Fixtures, which the JSON Schema is checked against.
@Suite("Documents on file")
struct GoldenDocumentTests {
  static let documents: [(name: String, bytes: @Sendable () -> [UInt8])] = [
    ("zcrx-bench-server.json", { document(for: ExampleRuns.server()) }),
    ("zcrx-bench-client.json", { document(for: ExampleRuns.client(), serverOutput: ExampleRuns.server()) }),
    ("zcrx-bench-partial-raw.json", { document(for: ExampleRuns.partialRaw()) }),
    ("zcrx-bench-discard.json", { document(for: ExampleRuns.discarding()) }),
    ("zcrx-bench-failed.json", { document(for: ExampleRuns.failed(), serverOutputText: "the server's text\n") }),
    ("zcrx-bench-uring-zc.json", { document(for: ExampleRuns.sendingZeroCopy()) }),
    ("zcrx-bench-zero-copy.json", { document(for: ExampleRuns.zeroCopy()) }),
    ("zcrx-bench-zero-copy.jsonl", { events(for: ExampleRuns.zeroCopy()) }),
    ("zcrx-bench-zc-copy.json", { document(for: ExampleRuns.zeroCopyWithoutDevice()) }),
    ("zcrx-bench-memory.json", { document(for: ExampleRuns.memory()) }),
    ("zcrx-bench-memory-processor.json", { document(for: ExampleRuns.memoryOfProcessor()) }),
    ("zcrx-bench-memory-none.json", { document(for: ExampleRuns.noMemory()) }),
    ("zcrx-bench-refusal.json", { refusal("the server is busy running a test; try again later") }),
    ("zcrx-bench-comparison.json", { pretty(ExampleComparisons.comparison().document()) }),
    ("zcrx-bench-sweep.json", { pretty(ExampleComparisons.sweep().document()) }),
    ("zcrx-bench-client.jsonl", { events(for: ExampleRuns.client()) }),
  ]

  @Test("Each is what its run is written as", arguments: documents.map(\.name))
  func unchanged(name: String) throws {
    let document = try #require(Self.documents.first { $0.name == name }).bytes()
    if getenv("RECORD_FIXTURES") != nil { try FixtureFile(name).write(document) }
    #expect(try FixtureFile(name).read() == document)
  }

  private static func document(
    for report: RunReport, serverOutput: RunReport? = nil, serverOutputText: String? = nil
  ) -> [UInt8] {
    let output = serverOutput.map {
      IperfDocument.document(for: $0, serverOutput: nil, serverOutputText: nil, error: nil)
    }
    return IperfDocument.document(for: report, serverOutput: output, serverOutputText: serverOutputText, error: nil)
      .serialized(pretty: true) + [UInt8(ascii: "\n")]
  }

  private static func pretty(_ document: JSONValue) -> [UInt8] {
    document.serialized(pretty: true) + [UInt8(ascii: "\n")]
  }

  private static func refusal(_ reason: String) -> [UInt8] {
    IperfDocument.refusal(reason, toolVersion: "9.9.9").serialized(pretty: true) + [UInt8(ascii: "\n")]
  }

  private static func events(for report: RunReport) -> [UInt8] {
    var events = [IperfDocument.startEvent(for: report)]
    events += report.intervals.map { IperfDocument.intervalEvent($0, role: report.role) }
    events += IperfDocument.endEvents(for: report, serverOutput: nil, error: "the server has terminated")
    return events.flatMap { $0.serialized() + [UInt8(ascii: "\n")] }
  }
}
