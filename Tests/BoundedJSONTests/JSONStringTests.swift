import BoundedJSON
import Testing

private let ample = JSONLimits(maximumBytes: 4096, maximumDepth: 4, maximumMembers: 16, maximumValues: 64)

private func quote(_ content: some Sequence<UInt8>) -> [UInt8] {
  [0x22] + Array(content) + [0x22]
}

private func parse(quoting content: some Sequence<UInt8>) throws(JSONError) -> JSONValue {
  try JSONParser.parse(quote(content), limits: ample)
}

private func refusal(quoting content: some Sequence<UInt8>) -> JSONError? {
  refusal(of: quote(content), limits: ample)
}

@Suite("JSON strings")
struct JSONStringTests {
  @Test(
    "escapes stand for the characters RFC 8259 gives them",
    arguments: [
      (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u0041\u00e9\u20AC"#, "Aé€"), (#"\ud83d\ude00"#, "😀"),
      (#"\uDBFF\uDFFF"#, "\u{10FFFF}"), (#"\u0000"#, "\0"), ("plain é € 😀", "plain é € 😀"), ("", ""),
    ])
  func escapes(content: String, text: String) throws {
    #expect(try parse(quoting: content.utf8) == .string(text))
  }

  @Test(
    "a surrogate without its other half is refused",
    arguments: [
      #"\ud800"#, #"\udc00"#, #"\ud800x"#, #"\ud800\n"#, #"\ud800\ud800"#, #"\ud800\u0041"#, #"\udc00\ud800"#,
    ])
  func loneSurrogates(content: String) {
    #expect(refusal(quoting: content.utf8) == JSONError(.loneSurrogate, at: 1))
  }

  @Test("unknown escapes are refused", arguments: [#"\x41"#, #"\u12g4"#, #"\u+123"#, #"\U0041"#, #"\0"#, "\\u１２３４"])
  func unknownEscapes(content: String) {
    #expect(refusal(quoting: content.utf8) == JSONError(.invalidEscape, at: 1))
  }

  @Test("every character below a space must be escaped", arguments: UInt8(0)..<0x20)
  func controlCharacters(byte: UInt8) {
    #expect(refusal(quoting: [0x61, byte]) == JSONError(.controlCharacter(byte), at: 2))
  }

  @Test("exactly the well-formed sequences of UTF-8 are accepted, by comparison with the standard library")
  func utf8() {
    // Every lead byte against the second bytes around each boundary of table 3-7, with complete and cut tails.
    let seconds: [UInt8] = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    var accepted = 0
    for lead in UInt8(0x80)...0xFF {
      for second in seconds {
        for tail in [[], [0x80], [0xBF, 0xBF], [0x80, 0x41], [0x80, 0x80, 0x80]] as [[UInt8]] {
          let content = [lead, second] + tail
          guard !content.contains(where: { $0 < 0x20 }) else { continue }
          let expected = String(validating: content, as: UTF8.self)
          let parsed = try? parse(quoting: content).string
          #expect(parsed == expected, "\(content)")
          if expected != nil { accepted += 1 }
        }
      }
    }
    #expect(accepted > 100)
  }

  @Test(
    "ill-formed UTF-8 is refused where its sequence begins",
    arguments: [
      [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0x80], [0xE2, 0x82], [0xC3],
    ] as [[UInt8]])
  func illFormed(content: [UInt8]) {
    #expect(refusal(quoting: [0x61] + content) == JSONError(.invalidUTF8, at: 2))
    #expect(refusal(quoting: content + [0x61])?.kind == .invalidUTF8)
  }

  @Test("ill-formed UTF-8 is refused in keys too")
  func illFormedKey() {
    let document: [UInt8] = [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]
    #expect(throws: JSONError(.invalidUTF8, at: 2)) { try JSONParser.parse(document, limits: ample) }
  }
}
