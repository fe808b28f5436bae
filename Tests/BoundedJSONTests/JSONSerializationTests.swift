import Testing

@testable import BoundedJSON

private let ample = JSONLimits(maximumBytes: 1 << 20, maximumDepth: 32, maximumMembers: 1024, maximumValues: 1 << 16)

@Suite("JSON serialization")
struct JSONSerializationTests {
  private static let document: JSONValue = .object([
    "empty": .object([:]), "list": .array([.integer(1), .object(["a": .null]), .array([])]),
    "text": .string("\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}é€😀\u{2028}\u{7F}"),
    "max": .unsigned(.max), "min": .integer(.min), "half": .double(0.5), "whole": .double(5), "yes": .bool(true),
  ])

  @Test("compact text has no white space")
  func compact() {
    let value: JSONValue = .object(["a": .array([.integer(1), .bool(false)]), "b": .object(["c": .null])])
    #expect(value.text() == #"{"a":[1,false],"b":{"c":null}}"#)
  }

  @Test("pretty text is laid out as iperf3 -J lays it out")
  func pretty() {
    let value: JSONValue = .object(["a": .array([.object(["b": .integer(1)]), .integer(2)]), "c": .object([:])])
    #expect(value.text(pretty: true) == "{\n\t\"a\":\t[{\n\t\t\t\"b\":\t1\n\t\t}, 2],\n\t\"c\":\t{}\n}")
  }

  @Test("control characters, quotation marks and backslashes are escaped, printable text is not")
  func escaping() {
    #expect(
      JSONValue.string("\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}é日€😀").text() == #""\"\\/\b\f\n\r\t\u0001\u001fé日€😀""#)
  }

  @Test("what could steer a terminal or reorder what is read is escaped, in keys as in values")
  func steering() throws {
    let hostile = "\u{7F}\u{9B}31m\u{202E}\u{2066}\u{2028}\u{2029}\u{85}\u{AD}\u{E0001}\u{FEFF}\u{E000}"
    let escaped = #"\u007f\u009b31m\u202e\u2066\u2028\u2029\u0085\u00ad\udb40\udc01\ufeff\ue000"#
    let value: JSONValue = .object([hostile: .string(hostile)])
    #expect(value.text() == "{\"\(escaped)\":\"\(escaped)\"}")
    #expect(try JSONParser.parse(value.serialized(pretty: true), limits: ample) == value)
  }

  @Test("every scalar that is not printable is written in ASCII, and reads back")
  func everyScalar() throws {
    let text = (UInt32(0)...0x10_FFFF).compactMap(Unicode.Scalar.init).reduce(into: "") { $0.unicodeScalars.append($1) }
    let limits = JSONLimits(maximumBytes: 32 << 20, maximumDepth: 1, maximumMembers: 1, maximumValues: 1)
    let written = JSONValue.string(text).text()
    #expect(!written.unicodeScalars.contains { !$0.isPrintable })
    let read = try JSONParser.parse(Array(written.utf8), limits: limits).string
    #expect(read?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
  }

  @Test("what was written reads back equal, compact and pretty", arguments: [false, true])
  func roundTrip(pretty: Bool) throws {
    #expect(try JSONParser.parse(Self.document.serialized(pretty: pretty), limits: ample) == Self.document)
  }

  @Test("doubles read back to the bit")
  func doubles() throws {
    var generator = SystemRandomNumberGenerator()
    let edges = [
      0.1, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e21, 1e-7, 123_456_789.123, 1 / 3,
      1e16, 9_007_199_254_740_992,
    ]
    let random = (0..<2000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
    for double in edges + random {
      let parsed = try JSONParser.parse(JSONValue.double(double).serialized(), limits: ample)
      #expect(parsed.doubleValue?.bitPattern == double.bitPattern)
    }
  }

  @Test("doubles that JSON has no form for are written as null", arguments: [Double.infinity, -.infinity, .nan])
  func nonFinite(double: Double) {
    #expect(JSONValue.double(double).text() == "null")
  }
}
