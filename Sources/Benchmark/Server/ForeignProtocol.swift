/// Protocols that browsers, scanners and health checks speak to any port they find. What begins as one of them is no
/// benchmark's payload, and counting it as a raw stream would keep a client out, or end a server that serves once (-1).
enum ForeignProtocol: CaseIterable {
  case http
  case tls

  /// How it is called in messages, with its article.
  var name: String {
    switch self {
    case .http: "an HTTP request"
    case .tls: "a TLS hello"
    }
  }

  enum Match: Equatable {
    case none
    /// What came so far could still become one.
    case partial
    case whole(ForeignProtocol)
  }

  /// What the first bytes of a connection begin; never `partial` with more bytes than a cookie has.
  static func match(_ bytes: some Collection<UInt8>) -> Match {
    guard let first = bytes.first else { return .partial }
    return first == handshakeRecord ? matchHello(Array(bytes)) : matchRequest(bytes)
  }

  // MARK: HTTP

  /// RFC 9110 and RFC 5789; PRI begins HTTP/2 (RFC 9113, section 3.4). The target is a path, `*`, or a URI that begins with
  /// `http` (RFC 9112, section 3.2).
  private static let beginnings =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PRI"].flatMap { method in
      ["/", "*", "http"].map { Array("\(method) \($0)".utf8) }
    }
  /// Its target is a host and a port, so that any character of a name or an address follows.
  private static let connect = Array("CONNECT ".utf8)

  private static func matchRequest(_ bytes: some Collection<UInt8>) -> Match {
    for beginning in beginnings {
      if bytes.starts(with: beginning) { return .whole(.http) }
      if beginning.starts(with: bytes) { return .partial }
    }
    if connect.starts(with: bytes) { return .partial }
    guard bytes.starts(with: connect), let next = bytes.dropFirst(connect.count).first else { return .none }
    let isHost = next == UInt8(ascii: "[") || (0x41...0x5A).contains(next & 0xDF) || (0x30...0x39).contains(next)
    return isHost ? .whole(.http) : .none
  }

  // MARK: TLS

  /// A record's content type "handshake" (RFC 8446, section 5.1).
  private static let handshakeRecord: UInt8 = 22

  /// Content type, version 3.0 to 3.4, a length of 4 to 2^14 bytes, and the message type client_hello.
  private static func matchHello(_ bytes: [UInt8]) -> Match {
    if bytes.count > 1, bytes[1] != 3 { return .none }
    if bytes.count > 2, bytes[2] > 4 { return .none }
    guard bytes.count > 4 else { return .partial }
    guard (4...1 << 14).contains(Int(bytes[3]) << 8 | Int(bytes[4])) else { return .none }
    guard bytes.count > 5 else { return .partial }
    return bytes[5] == 1 ? .whole(.tls) : .none
  }
}
