/// Receive queues as typed after -q: numbers and ranges, "1", "1,2", "1-4", "0,4-7".
public struct QueueList: Sendable, Equatable {
  /// In the order they were typed, each once.
  public let queues: [Int]

  /// The kernel keeps a packet's queue in 16 bits, with one value set aside (skb's queue_mapping).
  public static let highestQueue = 65_534
  /// Every queue gets a ring and a thread of its own.
  public static let maximumCount = 1024

  /// Reads a list.
  /// - Throws: what is wrong with it, quoting the part that is.
  public static func parse(_ text: String) throws(QueueListError) -> QueueList {
    guard !text.isEmpty else { throw .empty }
    var queues: [Int] = []
    var seen: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      for queue in try range(part, of: text) {
        guard seen.insert(queue).inserted else { throw .duplicate(queue) }
        guard queues.count < maximumCount else { throw .tooMany }
        queues.append(queue)
      }
    }
    return QueueList(queues: queues)
  }

  private static func range(_ part: Substring, of text: String) throws(QueueListError) -> ClosedRange<Int> {
    let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = ends.first, let last = ends.last else { throw .malformed(text, part: String(part)) }
    let low = try number(first, in: part, of: text)
    let high = try number(last, in: part, of: text)
    guard low <= high else { throw .reversed(String(part)) }
    return low...high
  }

  private static func number(
    _ digits: Substring, in part: Substring, of text: String
  ) throws(QueueListError) -> Int {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw .malformed(text, part: String(part))
    }
    guard let number = Int(digits), number <= highestQueue else { throw .tooHigh(String(digits)) }
    return number
  }
}
