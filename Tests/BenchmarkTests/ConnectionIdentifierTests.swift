import IperfProtocol
import Testing

@testable import Benchmark

@Suite("Identifying connections")
struct ConnectionIdentifierTests {
  private let cookie: [UInt8] = Array("abcdefghijklmnopqrstuvwxyz234567abcd".utf8) + [0]

  @Test("Every beginning of a cookie is undecided, byte by byte, and asks for no byte beyond it")
  func everyPrefix() {
    var identifier = ConnectionIdentifier()
    for (index, byte) in cookie.dropLast().enumerated() {
      #expect(identifier.wanted == 37 - index)
      #expect(identifier.add([byte]) == .undecided)
    }
    #expect(identifier.wanted == 1)
    #expect(identifier.add([0]) == Cookie(bytes: cookie).map { .cookie($0) })
    #expect(identifier.bytes == cookie)
  }

  @Test("A cookie in any two pieces is a cookie")
  func anySplit() throws {
    let expected = try #require(Cookie(bytes: cookie))
    for split in 1..<cookie.count {
      var identifier = ConnectionIdentifier()
      #expect(identifier.add(Array(cookie[..<split])) == .undecided)
      #expect(identifier.add(Array(cookie[split...])) == .cookie(expected))
    }
  }

  @Test("A wrong byte at any place makes it a raw stream, whose bytes are all kept")
  func wrongByteAnywhere() {
    for place in cookie.indices {
      for wrong in [UInt8(ascii: "A"), UInt8(ascii: "1"), 0xFF, place == 36 ? 1 : 0] {
        var bytes = cookie
        bytes[place] = wrong
        var identifier = ConnectionIdentifier()
        #expect(identifier.add(bytes) == .raw)
        #expect(identifier.bytes == bytes)
      }
    }
  }
}
