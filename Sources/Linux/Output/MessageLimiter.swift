/// Keeps messages that others can provoke as often as they like from becoming a flood: each kind has so many in so long, as
/// the kernel's own (printk_ratelimit). What is left out is counted, and the count is said.
public struct MessageLimiter: Sendable {
  private struct Kind {
    var since: MonotonicTime
    var said = 0
    var leftOut = 0
    var latest = ""
  }

  private var kinds: [String: Kind] = [:]
  private let most: Int
  private let seconds: Double

  public init(most: Int = 50, seconds: Double = 10) {
    self.most = most
    self.seconds = seconds
  }

  /// - Parameter kind: where in the program it comes from.
  /// - Returns: the lines to say in its place.
  public mutating func admit(_ text: String, kind name: String, at now: MonotonicTime) -> [String] {
    var kind = kinds[name] ?? Kind(since: now)
    defer { kinds[name] = kind }
    var lines: [String] = []
    if now >= kind.since.adding(seconds: seconds) {
      lines += MessageLimiter.account(of: kind)
      kind = Kind(since: now)
    }
    guard kind.said < most else {
      kind.leftOut += 1
      kind.latest = text
      return lines
    }
    kind.said += 1
    lines.append(text)
    if kind.said == most { lines.append("more messages like the last one are left out for up to \(Int(seconds)) s") }
    return lines
  }

  /// What was left out and has not been said yet.
  public mutating func takeAccounts() -> [String] {
    defer { kinds = [:] }
    return kinds.values.sorted { $0.since < $1.since }.flatMap(MessageLimiter.account)
  }

  private static func account(of kind: Kind) -> [String] {
    guard kind.leftOut > 0 else { return [] }
    let messages = kind.leftOut == 1 ? "message was" : "messages were"
    return ["\(kind.leftOut) more \(messages) left out; the last: \(kind.latest)"]
  }
}
