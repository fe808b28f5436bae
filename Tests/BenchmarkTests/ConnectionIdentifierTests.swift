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

  @Test(
    "Another protocol's first bytes are recognized, byte by byte, and no byte is asked for beyond a cookie's",
    arguments: [
      ("GET / HTTP/1.1\r\n", 5, ForeignProtocol.http), ("HEAD /", 6, .http), ("POST http://h/", 9, .http),
      ("OPTIONS * HTTP/1.1", 9, .http), ("CONNECT h:443 HTTP/1.1", 9, .http), ("PRI * HTTP/2.0\r\n", 5, .http),
      ("DELETE /x", 8, .http), ("PATCH /x", 7, .http), ("PUT /x", 5, .http), ("TRACE /x", 7, .http),
      ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", 6, .tls), ("\u{16}\u{3}\u{3}\u{0}\u{4}\u{1}", 6, .tls),
    ] as [(String, Int, ForeignProtocol)])
  func foreign(text: String, needed: Int, kind: ForeignProtocol) {
    var identifier = ConnectionIdentifier()
    for byte in text.utf8.prefix(needed - 1) { #expect(identifier.add([byte]) == .undecided) }
    #expect(identifier.add([Array(text.utf8)[needed - 1]]) == .foreign(kind))
    var whole = ConnectionIdentifier()
    #expect(whole.add(Array(text.utf8.prefix(37))) == .foreign(kind))
  }

  @Test(
    "What only resembles another protocol is payload",
    arguments: [
      "GETS", "GET hello", "GET \n", "GET  /", "get/ ", "POST\t/", "HTTP/1.1 200 OK", "PRINT", "\u{16}\u{2}",
      "\u{16}\u{3}\u{5}",
      "\u{16}\u{3}\u{1}\u{7f}\u{0}\u{1}", "\u{16}\u{3}\u{1}\u{0}\u{3}", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{2}",
      "\u{17}\u{3}\u{1}",
    ])
  func resembling(text: String) {
    var identifier = ConnectionIdentifier()
    #expect(identifier.add(Array(text.utf8)) == .raw)
    #expect(identifier.bytes == Array(text.utf8))
  }
}
