import BoundedJSON
import Testing

@testable import Report

@Suite("iperf3's document")
struct IperfStructureTests {
  private static func recording(_ name: String) throws -> JSONValue {
    try JSONParser.parse(FixtureFile(name).read(), limits: .file)
  }

  /// What 3.21 has and 3.12 has not, by its source (iperf_api.c, `iperf_on_connect`, `iperf_on_test_start`).
  private static let additionsOf321: Set<String> = [
    "start.fq_rate", "start.timestamp.timemillisecs", "start.test_start.bidir", "start.test_start.fqrate",
    "start.test_start.interval", "start.test_start.gso", "start.test_start.gro",
  ]

  /// Every key path of `recording` is in `document` with the same types; what `document` has besides is returned.
  private static func additions(of document: JSONValue, to recording: JSONValue) -> Set<String> {
    let stock = KeyPaths(recording).types
    let ours = KeyPaths(document).types
    for (path, types) in stock { #expect(ours[path] == types, "\(path)") }
    return Set(ours.keys).subtracting(stock.keys).filter { !$0.hasPrefix("zcrx_bench") }
  }

  @Test("A client's document has every key of a stock client's, with the same types, and nothing else but zcrx_bench")
  func clientDocument() throws {
    let server = ExampleRuns.server()
    let output = IperfDocument.document(for: server, serverOutput: nil, serverOutputText: nil, error: nil)
    let document = IperfDocument.document(
      for: ExampleRuns.client(), serverOutput: output, serverOutputText: nil, error: nil)
    let additions = Self.additions(of: document, to: try Self.recording("iperf-3.12-client.json"))
    // Our server is told by our client, and so is every server by its client: iperf3's forgets to print it.
    #expect(
      additions.filter { !$0.hasPrefix("server_output_json.zcrx_bench") }
        == Self.additionsOf321.union(Self.additionsOf321.map { "server_output_json.\($0)" })
        .union(["server_output_json.end.sender_tcp_congestion"]))
  }

  @Test("A server's document has every key of a stock server's, with the same types")
  func serverDocument() throws {
    let document = IperfDocument.document(
      for: ExampleRuns.server(), serverOutput: nil, serverOutputText: nil, error: nil)
    let additions = Self.additions(of: document, to: try Self.recording("iperf-3.12-server.json"))
    #expect(additions == Self.additionsOf321.union(["end.sender_tcp_congestion"]))
  }

  @Test("With a segment size asked for, tcp_mss stands in place of tcp_mss_default, as in iperf3")
  func requestedSegmentSize() throws {
    var report = ExampleRuns.client()
    report.settings.maximumSegmentSize = 1400
    let document = IperfDocument.document(for: report, serverOutput: nil, serverOutputText: nil, error: nil)
    #expect(
      Self.additions(of: document, to: try Self.recording("iperf-3.12-client-omit-mss.json")) == Self.additionsOf321)
  }

  @Test("What 3.21 added says what was asked for, in iperf3's types")
  func membersOf321() {
    var report = ExampleRuns.client()
    (report.settings.fairQueueRate, report.settings.interval, report.startedAt) = (.max, 0.5, 1_795_233_214.9876)
    let start = IperfDocument.startEvent(for: report).object?["data"]?.object
    let test = start?["test_start"]?.object
    #expect(start?["fq_rate"] == .unsigned(.max))
    #expect(test?["fqrate"] == .unsigned(.max))
    #expect(test?["interval"] == .double(0.5))
    #expect(["bidir", "gso", "gro"].map { test?[$0] } == [.integer(0), .integer(0), .integer(0)])
    #expect(start?["timestamp"]?.object?["timesecs"] == .integer(1_795_233_214))
    #expect(start?["timestamp"]?.object?["timemillisecs"] == .integer(1_795_233_214_987))
  }

  @Test("A client's title and extra data stand where iperf3's server has them, between end and its output")
  func titleAndExtraData() {
    var report = ExampleRuns.server()
    (report.settings.title, report.settings.extraData) = ("tit", "tag")
    let document = IperfDocument.document(for: report, serverOutput: nil, serverOutputText: nil, error: nil).object
    #expect(document?.members.map(\.key) == ["start", "intervals", "end", "title", "extra_data", "zcrx_bench"])
    #expect(document?["title"] == .string("tit"))
    #expect(document?["extra_data"] == .string("tag"))
  }

  @Test("Zero-copy receive adds one member to an interval, and nothing else to iperf3's part")
  func zeroCopyIntervals() throws {
    let document = IperfDocument.document(
      for: ExampleRuns.zeroCopy(), serverOutput: nil, serverOutputText: nil, error: nil)
    let additions = Self.additions(of: document, to: try Self.recording("iperf-3.12-server.json"))
    let others: Set = additions.filter { !$0.hasPrefix("intervals[].zcrx_bench") }
    #expect(others == Self.additionsOf321.union(["end.sender_tcp_congestion", "error"]))
    let copies = document.object?["intervals"]?.array?.map { $0.object?["zcrx_bench"]?.object }
    #expect(copies?.count == 3)
    #expect(copies?[1]?["zero_copied"] == ByteBounds(atLeast: 250_000_000, atMost: 299_999_999).json())
    #expect(copies?[1]?["copied"] == ByteBounds(atLeast: 200_000_001, atMost: 250_000_000).json())
    #expect(copies?[2] == .some(nil))
  }

  @Test("A run that did not complete carries iperf3's error member, the caller's words before the outcome's")
  func error() {
    let report = ExampleRuns.partialRaw()
    func error(_ words: String?) -> JSONValue? {
      IperfDocument.document(for: report, serverOutput: nil, serverOutputText: nil, error: words).object?["error"]
    }
    #expect(error(nil) == .string("interrupted by SIGINT"))
    #expect(error("other words") == .string("other words"))
    let completed = IperfDocument.document(
      for: ExampleRuns.server(), serverOutput: nil, serverOutputText: nil, error: nil)
    #expect(completed.object?["error"] == nil)
  }

  @Test("A server that was not told what was sent prints 0, as iperf3's does")
  func unknownOnServer() {
    let end = IperfDocument.end(of: ExampleRuns.partialRaw()).object
    let sent = end?["sum_sent"]?.object
    #expect(sent?["bytes"] == .integer(0))
    #expect(sent?["end"] == .double(ExampleRuns.seconds))
    #expect(end?["cpu_utilization_percent"]?.object?["remote_total"] == .integer(0))
    #expect(end?["sender_tcp_congestion"] == nil)
  }

  @Test("A client that was not told what was received prints null, never a number it made up")
  func unknownOnClient() {
    var report = ExampleRuns.client()
    report.received = nil
    report.processor.peer = nil
    report.streams[0].received = nil
    report.streams[1].tcp = nil
    report.settings.omit = 1
    report.intervals = []
    let end = IperfDocument.end(of: report).object
    for key in ["start", "end", "seconds", "bytes", "bits_per_second"] {
      #expect(end?["sum_received"]?.object?[key] == .null)
      #expect(end?["streams"]?.array?[0].object?["receiver"]?.object?[key] == .null)
    }
    #expect(end?["cpu_utilization_percent"]?.object?["remote_total"] == .null)
    #expect(end?["sum_sent"]?.object?["retransmits"] == nil)
    #expect(end?["streams"]?.array?[1].object?["sender"]?.object?["max_rtt"] == nil)
  }

  @Test("Sums are exact up to the largest count there is")
  func largestCount() {
    var report = ExampleRuns.client()
    report.sent = Transfer(bytes: .max, start: 0, end: 1)
    let bytes = IperfDocument.end(of: report).object?["sum_sent"]?.object?["bytes"]
    #expect(bytes == .unsigned(.max))
    #expect(bytes?.text() == "18446744073709551615")
  }

  @Test("Retransmissions of omitted seconds are left out")
  func omittedRetransmits() {
    var report = ExampleRuns.client()
    report.settings.omit = 1
    report.streams[0].tcp?.retransmits = 100
    var omitted = report.intervals[0]
    omitted.omitted = true
    report.intervals.insert(omitted, at: 0)
    #expect(report.retransmits(of: report.streams[0]) == 4)
    #expect(report.retransmits == 8)
  }

  @Test("A stream of events has the data of the document, in iperf3's order, zcrx_bench last")
  func events() throws {
    let report = ExampleRuns.client()
    let output = JSONValue.object(["start": .object([:])])
    let document = IperfDocument.document(for: report, serverOutput: output, serverOutputText: "text", error: "why")
    var events = [IperfDocument.startEvent(for: report)]
    events += report.intervals.map { IperfDocument.intervalEvent($0, role: .client) }
    events += IperfDocument.endEvents(for: report, serverOutput: output, serverOutputText: "text", error: "why")
    let names = events.map { $0.object?["event"]?.string }
    #expect(
      names == [
        "start", "interval", "interval", "error", "server_output_json", "server_output_text", "end", "zcrx_bench",
      ])
    for event in events {
      let name = try #require(event.object?["event"]?.string)
      let data = try #require(event.object?["data"])
      #expect(event.object?.members.count == 2)
      if name == "interval" {
        #expect(document.object?["intervals"]?.array?.contains(data) == true)
      } else {
        #expect(document.object?[name] == data, "\(name)")
      }
      #expect(!event.serialized().contains(UInt8(ascii: "\n")))
    }
  }

  @Test(
    "Times are written as iperf3 writes them",
    arguments: [
      (Int64(1_795_233_214), "Sat, 21 Nov 2026 03:53:34 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
      (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
    ])
  func times(seconds: Int64, text: String) {
    #expect(GreenwichTime(secondsSince1970: seconds).description == text)
  }
}
