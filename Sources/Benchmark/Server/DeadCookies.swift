import IperfProtocol
import Linux

/// The cookies of tests that ended while the server still waited for their data connections. One that comes late is turned
/// away at once; taken for a control connection, it would begin a test that never says anything.
struct DeadCookies {
  /// A connection that was under way for longer has given up.
  static let lifetime = 60.0
  private static let capacity = 64

  private var entries: [(cookie: Cookie, until: MonotonicTime)] = []

  mutating func add(_ cookie: Cookie, at now: MonotonicTime) {
    entries.removeAll { $0.until <= now }
    if entries.count == DeadCookies.capacity { entries.removeFirst() }
    entries.append((cookie, now.adding(seconds: DeadCookies.lifetime)))
  }

  func contains(_ cookie: Cookie, at now: MonotonicTime) -> Bool {
    entries.contains { $0.cookie == cookie && $0.until > now }
  }
}
