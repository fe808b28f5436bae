import Linux

/// What a worker counted over all its flows; read after it has been joined.
package struct ReceiveTallies: Sendable {
  /// Receive calls, those that found nothing included.
  var calls: UInt64 = 0
  /// Receives of `uring` that ended because no buffer was free, and were armed anew.
  var starved: UInt64 = 0
  /// Waits of `uring` after which the kernel held completions back because their queue was full.
  var overflows: UInt64 = 0
  /// What was refused, in sentences.
  var notes: [String] = []
  /// Bytes per receive call that brought some.
  package var sizes = ReceiveSizes()
  /// CPU time spent on comparing with the pattern, nanoseconds.
  var verificationNanoseconds: Int64 = 0
  /// What waiting as asked for came to.
  var polling = PollingOutcome()

  package init() {}

  mutating func add(_ other: ReceiveTallies) {
    calls += other.calls
    starved += other.starved
    overflows += other.overflows
    verificationNanoseconds += other.verificationNanoseconds
    sizes.add(other.sizes)
    notes += other.notes.filter { !notes.contains($0) }
  }
}
