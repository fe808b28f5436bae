import IperfProtocol

/// Finds out from its first bytes what a connection is. Pure: bytes in, a verdict out.
struct ConnectionIdentifier {
  /// The bytes so far; a raw stream's verification starts with them.
  private(set) var bytes: [UInt8] = []

  enum Verdict: Equatable {
    /// What came so far could still become a cookie.
    case undecided
    /// It speaks iperf3: a control or a data connection.
    case cookie(Cookie)
    /// It begins with no cookie: every byte is payload.
    case raw
    /// It speaks a protocol that this server does not: it came to the wrong port, or looks for what there is.
    case foreign(ForeignProtocol)
  }

  /// How many more bytes may be read without reading past a cookie.
  var wanted: Int { Cookie.length - bytes.count }

  mutating func add(_ more: [UInt8]) -> Verdict {
    bytes += more
    switch ForeignProtocol.match(bytes) {
    case .whole(let found): return .foreign(found)
    case .partial: return .undecided
    case .none: break
    }
    guard Cookie.canBegin(with: bytes) else { return .raw }
    guard bytes.count == Cookie.length else { return .undecided }
    return Cookie(bytes: bytes).map { .cookie($0) } ?? .raw
  }
}
