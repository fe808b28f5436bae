/// What a completion is about: its user data. A flow's completions carry the flow's place and nothing else, so that the hot
/// loop has nothing to take apart.
enum CompletionTag: Equatable {
  case flow(Int)
  /// A connection read for the control thread.
  case read(UInt32)
  /// Mail for the worker.
  case mail
  /// What became of a cancellation.
  case cancellation
  /// A flow that is received by copy can be read.
  case readable(Int)
  /// The kernel's event of a zero-copy queue.
  case event
  /// Bytes that the kernel is made to copy on purpose (`CopyCheck`).
  case check

  private static let kindShift: UInt64 = 56

  init(_ userData: UInt64) {
    let value = userData & (1 << Self.kindShift - 1)
    switch userData >> Self.kindShift {
    case 0: self = .flow(Int(value))
    case 1: self = .read(UInt32(truncatingIfNeeded: value))
    case 2: self = .mail
    case 3: self = .cancellation
    case 4: self = .readable(Int(value))
    case 6: self = .check
    default: self = .event
    }
  }

  var userData: UInt64 {
    switch self {
    case .flow(let place): UInt64(place)
    case .read(let token): 1 << Self.kindShift | UInt64(token)
    case .mail: 2 << Self.kindShift
    case .cancellation: 3 << Self.kindShift
    case .readable(let place): 4 << Self.kindShift | UInt64(place)
    case .event: 5 << Self.kindShift
    case .check: 6 << Self.kindShift
    }
  }
}
