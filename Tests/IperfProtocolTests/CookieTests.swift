import IperfProtocol
import SeededRandomness
import Testing

@Suite("The cookie")
struct CookieTests {
  private let recorded = Array(RecordedMessages.cookie.utf8) + [0]

  @Test("a stock client's cookie is read and written byte for byte")
  func recordedCookie() throws {
    let cookie = try #require(Cookie(bytes: recorded))
    #expect(cookie.text == RecordedMessages.cookie)
    #expect(cookie.bytes == recorded)
  }

  @Test("a random cookie has the form of one, and two differ")
  func random() {
    var generator = SplitMix64(seed: 1)
    let first = Cookie(using: &generator)
    let second = Cookie(using: &generator)
    #expect(first.bytes.count == Cookie.length)
    #expect(Cookie(bytes: first.bytes) == first)
    #expect(first != second)
  }

  @Test("random cookies use the whole alphabet")
  func alphabet() {
    var generator = SplitMix64(seed: 2)
    let used = (0..<100).reduce(into: Set<UInt8>()) { used, _ in used.formUnion(Cookie(using: &generator).bytes) }
    #expect(used == Set("abcdefghijklmnopqrstuvwxyz234567\0".utf8))
  }

  @Test("every prefix of a cookie may become one, and nothing longer")
  func prefixes() {
    for length in 0...Cookie.length { #expect(Cookie.canBegin(with: recorded.prefix(length))) }
    #expect(!Cookie.canBegin(with: recorded + [0]))
    for length in 0..<Cookie.length { #expect(Cookie(bytes: recorded.prefix(length)) == nil) }
    #expect(Cookie(bytes: recorded + [0]) == nil)
  }

  @Test("a byte outside the alphabet is the beginning of a raw stream, at every place")
  func foreignBytes() {
    for index in recorded.indices {
      for byte: UInt8 in [0x41, 0x30, 0x31, 0x38, 0x60, 0x7B, 0x20, 0xFF] + (index < 36 ? [0] : [0x61]) {
        var bytes = recorded
        bytes[index] = byte
        #expect(!Cookie.canBegin(with: bytes.prefix(index + 1)))
        #expect(Cookie(bytes: bytes) == nil)
      }
    }
  }
}
