import BoundedJSON
import IperfProtocol
import Testing

private func decode(_ text: String) throws(ProtocolError) -> TestResults {
  try TestResults(payload: Array(text.utf8), limits: .clientResults)
}

private func refusal(of text: String) -> ProtocolError? {
  refusal { () throws(ProtocolError) in try decode(text) }
}

@Suite("Test results")
struct TestResultsTests {
  @Test("a stock client's results are understood")
  func recordedClient() throws {
    let results = try decode(RecordedMessages.clientResults)
    #expect(results.cpuTotal == 7.1545517214966869)
    #expect(results.cpuUser == 0.29862893033587379)
    #expect(results.cpuSystem == 6.8558270460725366)
    #expect(results.senderHasRetransmits == 1)
    #expect(results.congestionUsed == "bbr")
    #expect(results.streams.map(\.id) == [1, 3, 4])
    #expect(
      results.streams.last
        == TestResults.StreamResult(id: 4, bytes: 6_291_456, retransmits: 0, startTime: 0, endTime: 1.000094))
    #expect(results.streams.first?.duration == 1.000084)
  }

  @Test("a stock server's 18446744073709551615 is the −1 it means")
  func recordedServer() throws {
    let results = try decode(RecordedMessages.serverResults)
    #expect(results.senderHasRetransmits == -1)
    #expect(results.streams.map(\.retransmits) == [nil, nil])
    #expect(results.streams.map(\.bytes) == [300_000, 300_000])
  }

  @Test("a server's output comes along, as JSON or as text")
  func serverOutput() throws {
    let results = try decode(RecordedMessages.serverResultsWithJSON)
    let sum = results.serverOutputJSON?.object?["end"]?.object?["sum_received"]?.object
    #expect(sum?["bits_per_second"] == .double(7988416.7956463126))
    let text = RecordedMessages.serverResults.replacing(#""streams""#, with: #""server_output_text":"a\nb","streams""#)
    #expect(try decode(text).serverOutputText == "a\nb")
  }

  @Test("a peer's long words under our key are cut")
  func longExtras() throws {
    var results = TestResults(cpuTotal: 0, cpuUser: 0, cpuSystem: 0, streams: [])
    results.extras = ["note": .string(String(repeating: "x", count: 5000))]
    let note = try decode(results.json.text()).extras?["note"]?.string
    #expect(note == String(repeating: "x", count: MessageLimits.extraText) + "…")
  }

  @Test("every field goes out under iperf3's key and comes back")
  func everyField() throws {
    var stream = TestResults.StreamResult(id: 1, bytes: .max, retransmits: 3, startTime: 0.5, endTime: 2.5)
    stream.jitter = 4.5
    stream.errors = -5
    stream.packets = 6
    stream.omitted = TestResults.OmittedDatagrams(errors: 7, packets: 8)
    var results = TestResults(
      cpuTotal: 1.5, cpuUser: 2.5, cpuSystem: 3.5, streams: [stream, TestResults.StreamResult(id: 3, bytes: 0)])
    results.congestionUsed = "reno"
    results.serverOutputText = "t"
    results.serverOutputJSON = .array([.null])
    results.extras = ["mode": .string("epoll")]
    let text = #"""
      {"cpu_util_total":1.5,"cpu_util_user":2.5,"cpu_util_system":3.5,"sender_has_retransmits":-1,\#
      "congestion_used":"reno","server_output_json":[null],"server_output_text":"t","streams":[{"id":1,\#
      "bytes":18446744073709551615,"retransmits":3,"jitter":4.5,"errors":-5,"omitted_errors":7,"packets":6,\#
      "omitted_packets":8,"start_time":0.5,"end_time":2.5},{"id":3,"bytes":0,"retransmits":-1,"jitter":0.0,"errors":0,\#
      "packets":0}],"zcrx_bench":{"mode":"epoll"}}
      """#
    #expect(results.json.text() == text)
    #expect(try decode(text) == results)
  }

  @Test(
    "each of iperf3's required keys is missed",
    arguments: [
      "cpu_util_total", "cpu_util_user", "cpu_util_system", "sender_has_retransmits", "streams", "id", "bytes",
      "retransmits", "jitter", "errors", "packets",
    ])
  func missing(key: String) {
    let error = refusal(of: RecordedMessages.clientResults.replacing("\"\(key)\":", with: "\"x_\(key)\":"))
    #expect(error?.code == .receiveResults)
    #expect(error?.problem == "is missing")
    #expect(error?.key?.hasSuffix(key) == true)
  }

  @Test(
    "a value that cannot be is refused, where it stands",
    arguments: [
      (#""bytes":6291456"#, #""bytes":-1"#, "streams[0].bytes"),
      (#""bytes":6291456"#, #""bytes":1.5"#, "streams[0].bytes"),
      (#""bytes":6291456"#, #""bytes":"1""#, "streams[0].bytes"), (#""id":1,"#, #""id":0,"#, "streams[0].id"),
      (#""id":1,"#, #""id":130,"#, "streams[0].id"), (#""id":4,"#, #""id":3,"#, "streams[2].id"),
      (#""retransmits":0"#, #""retransmits":-2"#, "streams[0].retransmits"),
      (#""retransmits":0"#, #""retransmits":18446744073709551614"#, "streams[0].retransmits"),
      (#""start_time":0"#, #""start_time":-1"#, "streams[0].start_time"),
      (#""start_time":0"#, #""start_time":2"#, "streams[0].end_time"),
      (#""end_time":1.000084"#, #""end_time":-1"#, "streams[0].end_time"),
      (#""end_time":1.000084"#, #""end_time":null"#, "streams[0].end_time"),
      (#""packets":0"#, #""packets":0,"omitted_errors":0"#, "streams[0].omitted_packets"),
      (#""packets":0"#, #""packets":0,"omitted_packets":0"#, "streams[0].omitted_errors"),
      (#""cpu_util_total":7.1545517214966869"#, #""cpu_util_total":null"#, "cpu_util_total"),
      (#""congestion_used":"bbr""#, #""congestion_used":7"#, "congestion_used"),
      (#""congestion_used":"bbr""#, #""congestion_used":"sixteen-bytes-ab""#, "congestion_used"),
      (#""congestion_used":"bbr""#, #""congestion_used":"\u001b[31m""#, "congestion_used"),
      (#""congestion_used":"bbr""#, #""congestion_used":"""#, "congestion_used"),
      (#""congestion_used":"bbr""#, #""zcrx_bench":7"#, "zcrx_bench"),
    ])
  func impossible(valid: String, invalid: String, key: String) throws {
    let text = RecordedMessages.clientResults.replacing(valid, with: invalid, maxReplacements: 1)
    #expect(text != RecordedMessages.clientResults)
    #expect(refusal(of: text)?.key == key)
  }

  @Test("128 streams pass, 129 are refused, and a stream that is no object is refused where it stands")
  func streamCount() throws {
    func text(count: Int) -> String {
      let streams = (0..<count).map { TestResults.StreamResult(id: StreamNumbering.id(at: $0), bytes: 1) }
      return TestResults(streams: streams).json.text()
    }
    #expect(try decode(text(count: 128)).streams.count == 128)
    #expect(refusal(of: text(count: 129))?.key == "streams")
    #expect(
      refusal(of: RecordedMessages.clientResults.replacing(#""streams":["#, with: #""streams":[7,"#))?.key
        == "streams[0]")
  }

  @Test("results beyond the limits of the side that sent them are refused")
  func size() {
    let bomb = Array("{\"zcrx_bench\":{\"a\":\"".utf8) + [UInt8](repeating: 0x61, count: MessageLimits.clientResults)
    #expect(
      throws: ProtocolError(
        .results, json: JSONError(.tooManyBytes(limit: MessageLimits.clientResults), at: MessageLimits.clientResults))
    ) { _ = try TestResults(payload: bomb, limits: .clientResults) }
    let values = Array(("{\"streams\":[" + String(repeating: "{},", count: 1 << 15)).utf8)
    let error = #expect(throws: ProtocolError.self) { _ = try TestResults(payload: values, limits: .clientResults) }
    #expect(error?.problem.hasPrefix("cannot be read as JSON: more than 16384 values") == true)
  }
}
