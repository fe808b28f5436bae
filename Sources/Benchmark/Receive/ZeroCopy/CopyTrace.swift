import Linux
import Trace

/// A worker's side of the probe: what it counts in this thread, and for whom.
struct CopyTrace {
  /// Bytes that the kernel is made to copy on purpose, to see that the probe counts.
  static let checkBytes = 997

  let copies: WorkerCopies
  /// What was copied for connections that are read for the control thread, and what was copied on purpose; nil where
  /// requests are not told apart.
  let reads: CopyCount?
  let checks: CopyCount?
  /// Bytes of `reads` whose completions have been taken.
  var readsTaken: UInt64 = 0
  /// Why not every copy is counted; nil while all are.
  var failure: String?

  init(_ probe: CopyProbe) throws(SystemCallError) {
    copies = try WorkerCopies(probe)
    (reads, checks) = copies.tellsRequests ? (probe.takeCount(), probe.takeCount()) : (nil, nil)
    if copies.tellsRequests ? checks == nil : probe.method != .hits && copies.total == nil {
      failure = "the probe has no counter left"
    }
  }

  /// Begins to count a flow's request, or one that is read or made on purpose.
  ///
  /// - Parameter count: of the flow.
  mutating func begin(_ tag: CompletionTag, in count: CopyCount? = nil) {
    let (count, isFlow) =
      switch tag {
      case .read: (reads, false)
      case .check: (checks, false)
      default: (count, true)
      }
    do throws(SystemCallError) {
      try copies.begin(tag.userData, in: count, isInTotal: isFlow)
    } catch {
      failure = failure ?? "\(error)"
    }
  }

  func end(_ tag: CompletionTag) { copies.end(tag.userData) }

  /// Whether the bytes of a completion of a read connection were copied; false where that is not known.
  mutating func takeRead(_ count: Int) -> Bool {
    guard let reads, reads.bytes &- readsTaken >= UInt64(count) else { return false }
    readsTaken &+= UInt64(count)
    return true
  }
}

/// A copy made on purpose, while it is under way.
struct CopyCheck {
  var arrived = 0
  var pieces: UInt64 = 0
  var isOver = false
  /// There was no buffer of the area to copy into.
  var isShort = false
}
