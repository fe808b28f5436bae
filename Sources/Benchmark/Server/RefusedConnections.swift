/// Connections that were turned away unread, for the next report: who sees a server's figures must be able to see that
/// others knocked.
struct RefusedConnections {
  private(set) var foreign: [ForeignProtocol: Int] = [:]
  /// Raw streams, under --no-raw.
  private(set) var raw = 0

  mutating func note(_ kind: ForeignProtocol) { foreign[kind, default: 0] += 1 }
  mutating func noteRaw() { raw += 1 }

  /// A sentence for the report, and an empty count from then on; nil when nothing was refused.
  mutating func takeNote() -> String? {
    defer { self = RefusedConnections() }
    var parts = ForeignProtocol.allCases.compactMap { kind in foreign[kind].map { "\($0) began as \(kind.name)" } }
    if raw > 0 { parts.append("\(raw.counted("raw stream")) (--no-raw)") }
    return parts.isEmpty ? nil : "connections were refused since the report before: \(parts.joined(separator: ", "))"
  }
}
