import Linux
import Trace

/// A worker's side of the probe: what it counts in this thread, and for whom.
struct CopyTrace {
  /// Bytes that the kernel is made to copy on purpose, to see that the probe counts.
  static let checkBytes = 997

  let copies: WorkerCopies
  /// What was copied on purpose; nil where requests are not told apart.
  let checks: CopyCount?
  /// Why not every copy is counted; nil while all are.
  var failure: String?

  init(_ probe: CopyProbe) throws(SystemCallError) {
    copies = try WorkerCopies(probe)
    checks = copies.tellsRequests ? probe.takeCount() : nil
    if !hasCounters { failure = "the probe has no counter left" }
  }

  var hasCounters: Bool {
    (!copies.tellsRequests || checks != nil) && (copies.probe.method == .hits || copies.total != nil)
  }

  /// Begins to count a request. Only those of flows are in the total.
  mutating func begin(_ tag: CompletionTag, in count: CopyCount?) {
    var isFlow = false
    if case .flow = tag { isFlow = true }
    do throws(SystemCallError) {
      try copies.begin(tag.userData, in: count, isInTotal: isFlow)
    } catch {
      failure = failure ?? "\(error)"
    }
  }

  func end(_ tag: CompletionTag) { copies.end(tag.userData) }
}

/// A copy made on purpose, while it is under way.
struct CopyCheck {
  var arrived = 0
  var pieces: UInt64 = 0
  var isOver = false
  /// There was no buffer of the area to copy into.
  var isShort = false
}
