import BoundedJSON
import Testing

@Suite("JSON values")
struct JSONValueTests {
  @Test("an accessor answers for its own type only")
  func accessors() {
    let values: [JSONValue] = [
      .null, .bool(true), .integer(1), .unsigned(.max), .double(1.5), .string("x"), .array([.null]),
      .object(["a": .null]),
    ]
    #expect(values.map(\.boolValue) == [nil, true, nil, nil, nil, nil, nil, nil])
    #expect(values.map(\.string) == [nil, nil, nil, nil, nil, "x", nil, nil])
    #expect(values.map(\.array) == [nil, nil, nil, nil, nil, nil, [.null], nil])
    #expect(values.map(\.object) == [nil, nil, nil, nil, nil, nil, nil, ["a": .null]])
    #expect(values.map(\.doubleValue) == [nil, nil, 1, 0x1p64, 1.5, nil, nil, nil])
    #expect(values.map(\.uint64Value) == [nil, nil, 1, .max, nil, nil, nil, nil])
    #expect(values.map(\.intValue) == [nil, nil, 1, nil, nil, nil, nil, nil])
  }

  @Test("whole numbers are read however they are written, and only when they fit")
  func wholeNumbers() {
    #expect(JSONValue.double(5).uint64Value == 5)
    #expect(JSONValue.double(0x1p63).uint64Value == 1 << 63)
    #expect(JSONValue.double(0x1p64).uint64Value == nil)
    #expect(JSONValue.double(-1).uint64Value == nil)
    #expect(JSONValue.integer(-1).uint64Value == nil)
    #expect(JSONValue.double(-0x1p63).int64Value == .min)
    #expect(JSONValue.double(0x1p63).int64Value == nil)
    #expect(JSONValue.double(.nan).intValue == nil)
    #expect(JSONValue.double(.infinity).uint64Value == nil)
  }

  @Test("a whole number takes the form the parser gives it")
  func normalForm() {
    #expect(JSONValue(UInt64(7)) == .integer(7))
    #expect(JSONValue(UInt64(1) << 63) == .unsigned(1 << 63))
    #expect(JSONValue(-3) == .integer(-3))
  }

  @Test("assigning to a member replaces it in place, appends it, or removes it")
  func members() {
    var object: JSONObject = ["a": .integer(1), "b": .integer(2)]
    object["a"] = .bool(true)
    object["c"] = .null
    #expect(object.members.map(\.key) == ["a", "b", "c"])
    object["b"] = nil
    object["missing"] = nil
    #expect(object == ["a": .bool(true), "c": .null])
    #expect(object != ["c": .null, "a": .bool(true)])
  }

  @Test("a summary is short and steers no terminal, whatever the value holds")
  func summaries() {
    let long = JSONValue.string(String(repeating: "a", count: 100_000))
    #expect(long.summary == "\"" + String(repeating: "a", count: Excerpt.maximumScalars) + "…\"")
    #expect(JSONValue.string("\u{1B}[2J\u{9B}\u{202E}é").summary == "\"\\u{1b}[2J\\u{9b}\\u{202e}é\"")
    #expect(JSONValue.array([.null, .null]).summary == "an array of 2")
    #expect(JSONValue.object(["a": .null]).summary == "an object of 1")
    #expect(JSONValue.double(1.5).summary == "1.5")
  }

  @Test("Strings are cut at whole characters, keys and everything else stay")
  func cutting() throws {
    let text = #"{"a long key":"éééé","short":"abc","list":["abcdef",[{"deep":"abcdefg"}],1,true,null,2.5]}"#
    let cut = try JSONParser.parse(Array(text.utf8), limits: .file).cuttingStrings(to: 5)
    #expect(
      cut.text() == #"{"a long key":"éé…","short":"abc","list":["abcde…",[{"deep":"abcde…"}],1,true,null,2.5]}"#)
  }
}
