import Linux

/// Why "-i NAME -q LIST" cannot be used as it stands.
public enum InterfaceProblem: Error, Sendable, Equatable {
  case noSuchInterface(String, existing: [String])
  case malformedQueueList(QueueListError)
  /// `count` is how many receive queues the interface has.
  case queueOutOfRange(interface: String, queue: Int, count: Int)
  /// The queues are those of the devices below.
  case queueOfLowerDevice(queue: Int, StackedInterface)
  case system(SystemCallError)
}

extension InterfaceProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSuchInterface(let name, let existing):
      "there is no interface '\(name.prefix(127))'; there are: \(existing.joined(separator: ", "))"
    case .malformedQueueList(let error):
      error.description
    case .queueOutOfRange(let interface, let queue, let count):
      "there is no queue \(queue): \(interface) has \(InterfaceProblem.queues(count))"
    case .queueOfLowerDevice(let queue, let stacked):
      "there is no queue \(queue): \(stacked.what)" + (stacked.fix.map { " — \($0)" } ?? "")
    case .system(let error):
      error.description
    }
  }

  /// "1 receive queue (0)", "4 receive queues (0-3)".
  static func queues(_ count: Int) -> String {
    switch count {
    case ...0: "no receive queue"
    case 1: "1 receive queue (0)"
    default: "\(count) receive queues (0-\(count - 1))"
    }
  }
}
