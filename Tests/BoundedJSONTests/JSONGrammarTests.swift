import BoundedJSON
import Testing

private let ample = JSONLimits(maximumBytes: 1 << 20, maximumDepth: 32, maximumMembers: 1024, maximumValues: 1 << 16)

private func parse(_ text: String) throws -> JSONValue {
  try JSONParser.parse(Array(text.utf8), limits: ample)
}

private func refusal(of bytes: some Collection<UInt8>) -> JSONError? {
  refusal(of: bytes, limits: ample)
}

@Suite("The JSON grammar")
struct JSONGrammarTests {
  @Test("every kind of value is read as what it is")
  func everyKind() throws {
    let value = try parse(
      " {\"n\":null,\"t\":true,\"f\":false,\"i\":-7,\"d\":1.5,\"s\":\"x\",\"a\":[1,[]],\"o\":{}}\r\n\t")
    #expect(
      value
        == .object([
          "n": .null, "t": .bool(true), "f": .bool(false), "i": .integer(-7), "d": .double(1.5), "s": .string("x"),
          "a": .array([.integer(1), .array([])]), "o": .object([:]),
        ]))
  }

  @Test("members keep the order in which they were written")
  func memberOrder() throws {
    let keys = try #require(parse(#"{"z":1,"a":2,"m":3}"#).object).members.map(\.key)
    #expect(keys == ["z", "a", "m"])
  }

  @Test(
    "integers are exact over 64 bits, signed and unsigned",
    arguments: [
      ("0", JSONValue.integer(0)), ("-0", .integer(0)), ("9007199254740993", .integer(9_007_199_254_740_993)),
      ("-9223372036854775808", .integer(.min)), ("9223372036854775807", .integer(.max)),
      ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
    ])
  func exactIntegers(text: String, value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test(
    "numbers with a fraction or an exponent are the nearest double",
    arguments: [
      ("0.5", 0.5), ("-1.25e2", -125), ("1E+3", 1000), ("5e-324", .leastNonzeroMagnitude),
      ("1.7976931348623157e308", 1.7976931348623157e308),
      ("1e-999", 0), ("7.1545517214966869", 7.1545517214966869),
    ])
  func doubles(text: String, value: Double) throws {
    #expect(try parse(text) == .double(value))
  }

  @Test(
    "numbers beyond what can be represented are refused",
    arguments: ["18446744073709551616", "-9223372036854775809", "1e309", "-1e999", "99999999999999999999999"])
  func numbersOutOfRange(text: String) {
    #expect(refusal(of: text.utf8) == JSONError(.numberOutOfRange, at: 0))
  }

  @Test("a number longer than any exact value needs is refused")
  func longNumber() {
    let digits = String(repeating: "0", count: JSONParser.maximumNumberLength - 2)
    #expect(refusal(of: "0.\(digits)".utf8) == nil)
    #expect(
      refusal(of: "[0.\(digits)0]".utf8) == JSONError(.numberTooLong(limit: JSONParser.maximumNumberLength), at: 1))
  }

  @Test(
    "what the grammar does not know is refused where it stands",
    arguments: [
      ("01", 1), ("+1", 0), (".5", 0), ("1.", 2), ("1.e1", 2), ("1e", 2), ("1e+", 3), ("-", 1), ("--1", 1), ("0x10", 1),
      ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("nul", 3), ("nulL", 3), ("True", 0), ("'a'", 0), ("", 0),
      ("  ", 2),
      ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[", 1), ("[1", 2), ("]", 0), ("{", 1), ("{\"a\"}", 4), ("{\"a\":}", 5),
      ("{\"a\":1,}", 7), ("{a:1}", 1), ("{1:1}", 1), ("{\"a\" 1}", 5), ("{\"a\":1", 6), ("{} {}", 3), ("1 x", 2),
      ("\u{FEFF}1", 0), ("\"a", 2), ("// c\n1", 0), ("\u{C}1", 0),
    ])
  func refused(text: String, offset: Int) {
    #expect(refusal(of: text.utf8)?.offset == offset)
  }

  @Test("a zero byte after the document is a trailing byte")
  func trailingZero() {
    #expect(refusal(of: [0x31, 0x00]) == JSONError(.trailingBytes, at: 1))
  }

  @Test(
    "a key may stand only once in an object, however it is spelled",
    arguments: [
      #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, "{\"a\":1,\"b\":{\"a\":1},\"a\":2}", "{\"é\":1,\"e\u{301}\":2}",
    ])
  func duplicateKeys(text: String) throws {
    let error = try #require(refusal(of: text.utf8))
    guard case .duplicateKey = error.kind else {
      Issue.record("refused for another reason: \(error)")
      return
    }
  }

  @Test("errors read as a sentence that says where")
  func sentences() {
    #expect(refusal(of: "[1,]".utf8)?.description == "\"]\" where a value must stand at byte 3")
    #expect(refusal(of: #"{"a":1,"a":2}"#.utf8)?.description == "the key \"a\" appears twice in one object at byte 7")
    #expect(refusal(of: [0x01])?.description == "byte 0x1 where a value must stand at byte 0")
  }
}
