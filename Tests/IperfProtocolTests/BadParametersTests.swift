import BoundedJSON
import IperfProtocol
import Testing

@Suite("Parameters of a bad peer")
struct BadParametersTests {
  private func refusal(of text: String) -> ProtocolError? {
    IperfProtocolTests.refusal { () throws(ProtocolError) in try decodeParameters(text) }
  }

  private static let ranges: [(key: String, lowest: Int, highest: Int, code: IperfErrorCode)] = [
    ("omit", 0, 600, .omit), ("time", 0, 86400, .duration), ("parallel", 1, 128, .numberOfStreams),
    ("len", 1, 1_048_576, .blockSize), ("burst", 1, 1000, .burst), ("MSS", 0, 32767, .maximumSegmentSize),
    ("window", 0, 536_870_912, .bufferSize), ("TOS", 0, 255, .typeOfService), ("flowlabel", 1, 1_048_575, .flowLabel),
    ("server_affinity", 0, 1024, .affinity), ("pacing_timer", 0, 2_147_483_647, .receiveParameters),
  ]

  @Test("each number is accepted to the ends of its range, and beyond answered with its own code", arguments: ranges)
  func range(key: String, lowest: Int, highest: Int, code: IperfErrorCode) {
    #expect(refusal(of: "{\"\(key)\":\(lowest)}") == nil)
    #expect(refusal(of: "{\"\(key)\":\(highest)}") == nil)
    for number in ["\(lowest - 1)", "\(highest + 1)", "18446744073709551615", "-9223372036854775808", "1e300", "1.5"] {
      let error = refusal(of: "{\"\(key)\":\(number)}")
      #expect(error?.code == code)
      #expect(error?.key == key)
    }
  }

  @Test("amounts cover 64 bits and are not negative", arguments: ["num", "blockcount", "bandwidth", "fqrate"])
  func amounts(key: String) {
    #expect(refusal(of: "{\"\(key)\":18446744073709551615}") == nil)
    for number in ["-1", "18446744073709551616", "0.5", "1e20"] {
      #expect(refusal(of: "{\"\(key)\":\(number)}")?.code == .receiveParameters)
    }
  }

  @Test(
    "a value of the wrong type is refused, whatever the key",
    arguments: [
      ("tcp", ["\"yes\"", "null", "[]", "1.5"]), ("time", ["\"1\"", "true", "null", "[1]", "{}"]),
      ("num", ["\"1\"", "true", "null"]), ("parallel", ["\"1\"", "true", "null", "{}"]),
      ("title", ["1", "null", "[]"]),
      ("extra_data", ["1"]), ("congestion", ["1", "null"]), ("authtoken", ["1"]), ("client_version", ["3.12"]),
      ("reverse", ["\"true\"", "null"]), ("get_server_output", ["\"1\""]),
      ("zcrx_bench", ["1", "[]", "null", "\"x\""]),
    ])
  func wrongType(key: String, values: [String]) {
    for value in values { #expect(refusal(of: "{\"\(key)\":\(value)}")?.key == key) }
  }

  @Test("a title and extra data have a length limit", arguments: [("title", 256), ("extra_data", 8000)])
  func lengths(key: String, longest: Int) {
    #expect(refusal(of: "{\"\(key)\":\"\(String(repeating: "t", count: longest))\"}") == nil)
    #expect(refusal(of: "{\"\(key)\":\"\(String(repeating: "t", count: 9000))\"}") != nil)
  }

  @Test("a title of 257 bytes is refused")
  func title() {
    #expect(refusal(of: "{\"title\":\"\(String(repeating: "é", count: 128))\"}") == nil)
    #expect(refusal(of: "{\"title\":\"\(String(repeating: "é", count: 128))t\"}")?.key == "title")
  }

  @Test("what is no object is refused", arguments: ["[]", "1", "null", "\"tcp\"", "true"])
  func notAnObject(text: String) {
    #expect(refusal(of: text)?.code == .receiveParameters)
  }

  @Test(
    "what is no JSON is refused",
    arguments: [
      "", "{", "tcp", "{\"tcp\":true}x", "{\"tcp\":true,\"tcp\":true}", "{\"title\":\"\\ud800\"}", "{\"time\":1e999}",
    ])
  func notJSON(text: String) {
    #expect(refusal(of: text)?.code == .receiveParameters)
  }

  @Test("invalid UTF-8 is refused")
  func invalidUTF8() {
    let bytes = Array(#"{"title":""#.utf8) + [0xC0, 0x80] + Array("\"}".utf8)
    #expect(throws: ProtocolError(.parameters, json: JSONError(.invalidUTF8, at: 10))) {
      _ = try TestParameters(payload: bytes)
    }
  }

  @Test("parameters of 8 KiB pass and one byte more is refused, as is a depth bomb within them")
  func size() {
    func padded(to count: Int) -> String { "{\"extra_data\":\"" + String(repeating: "x", count: count - 17) + "\"}" }
    #expect(refusal(of: padded(to: 8192)) == nil)
    #expect(
      refusal(of: padded(to: 8193)) == ProtocolError(.parameters, json: JSONError(.tooManyBytes(limit: 8192), at: 8192))
    )
    let bomb = "{\"zcrx_bench\":" + String(repeating: "[", count: 8000)
    #expect(refusal(of: bomb) == ProtocolError(.parameters, json: JSONError(.tooDeep(limit: 16), at: 29)))
  }

  @Test(
    "a congestion control's name reaches the kernel only when it can be one",
    arguments: ["", "sixteen-bytes-ab", "a b", "a\\u0000", "é", "a\\n"])
  func congestion(name: String) {
    #expect(refusal(of: "{\"congestion\":\"\(name)\"}")?.code == .congestion)
    #expect(refusal(of: #"{"congestion":"fifteen-bytes-a"}"#) == nil)
  }

  @Test("two transport protocols at once are refused")
  func twoProtocols() {
    #expect(refusal(of: #"{"tcp":true,"udp":true}"#)?.code == .protocolUnknown)
    #expect(refusal(of: #"{"tcp":false,"udp":true}"#) == nil)
  }

  @Test("the error says which key, which value and which range, in bounded length")
  func sentence() {
    #expect(
      refusal(of: #"{"parallel":129}"#)?.description
        == "the peer's test parameters: \"parallel\" is 129, where a whole number from 1 to 128 is required")
    let long = String(repeating: "x", count: 8000)
    #expect((refusal(of: "{\"time\":\"\(long)\"}")?.description.count ?? .max) < 200)
    #expect((refusal(of: "{\"congestion\":\"\(long)\"}")?.description.count ?? .max) < 200)
  }
}
