/// What is wrong with a list of queues.
public enum QueueListError: Error, Sendable, Equatable {
  case empty
  /// `part` of the list is neither a number nor a range of numbers.
  case malformed(String, part: String)
  case reversed(String)
  case tooHigh(String)
  case duplicate(Int)
  case tooMany
}

extension QueueListError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty:
      "the list of queues is empty; it looks like 1 or 1,2 or 1-4"
    case .malformed(let list, let part):
      "'\(part.prefix(40))' in the list of queues '\(list.prefix(80))' is no queue; a list looks like 1 or 1,2 or 1-4"
    case .reversed(let range):
      "the range of queues '\(range)' runs backwards"
    case .tooHigh(let number):
      "there is no queue '\(number.prefix(40))': queues are numbered up to \(QueueList.highestQueue)"
    case .duplicate(let queue):
      "queue \(queue) is listed twice"
    case .tooMany:
      "the list names more than \(QueueList.maximumCount) queues"
    }
  }
}
