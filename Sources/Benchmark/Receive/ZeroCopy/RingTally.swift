import Linux
import Synchronization

/// What a ring has counted since its worker began, for the control thread to read as one consistent set at any time: the
/// worker's counters and those of its flows change only between `begin` and `end` (a sequence lock with one writer).
final class RingTally: Sendable {
  struct Values: Sendable, Equatable {
    /// Bytes of flows that came through completions, and of them the proven ones.
    var completed: UInt64 = 0
    var proven: UInt64 = 0
    /// Bytes read for the control thread.
    var beside: UInt64 = 0
    /// Bytes taken with recv().
    var drained: UInt64 = 0
    /// The kernel's count; nil where it does not count.
    var kernelCopied: UInt64?
    var kernelCopies: UInt64 = 0
    /// Bytes that were copied for what came through completions, as the probe counts; nil where it does not, and while the
    /// kernel holds completions back.
    var traced: UInt64?

    static func - (left: Values, right: Values) -> Values {
      Values(
        completed: left.completed &- right.completed, proven: left.proven &- right.proven,
        beside: left.beside &- right.beside, drained: left.drained &- right.drained,
        kernelCopied: left.kernelCopied.map { $0 &- (right.kernelCopied ?? 0) },
        kernelCopies: left.kernelCopies &- right.kernelCopies,
        traced: left.traced.flatMap { left in right.traced.map { left &- $0 } })
    }
  }

  private let version = Atomic<UInt64>(0)
  private let completed = Atomic<UInt64>(0)
  private let proven = Atomic<UInt64>(0)
  private let beside = Atomic<UInt64>(0)
  private let drained = Atomic<UInt64>(0)
  private let kernelCopied = Atomic<UInt64>(RingTally.notCounted)
  private let kernelCopies = Atomic<UInt64>(0)
  private let traced = Atomic<UInt64>(RingTally.notCounted)
  private static let notCounted = UInt64.max

  /// The writer begins to change counters.
  func begin() {
    version.store(version.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    atomicMemoryFence(ordering: .releasing)
  }

  /// The writer has changed them.
  @inline(__always)
  func end(_ values: borrowing Values) {
    completed.store(values.completed, ordering: .relaxed)
    proven.store(values.proven, ordering: .relaxed)
    beside.store(values.beside, ordering: .relaxed)
    drained.store(values.drained, ordering: .relaxed)
    kernelCopied.store(values.kernelCopied ?? Self.notCounted, ordering: .relaxed)
    kernelCopies.store(values.kernelCopies, ordering: .relaxed)
    traced.store(values.traced ?? Self.notCounted, ordering: .relaxed)
    version.store(version.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  /// Whether the kernel counts copies on this ring.
  var countsCopies: Bool { kernelCopied.load(ordering: .relaxed) != Self.notCounted }

  /// Longest that `read` waits for a moment between two batches, seconds: a worker may be off its CPU in the middle of one.
  static let longestWait = 0.25
  private static let triesBetweenPauses = 100
  private static let pauseSeconds = 50e-6

  /// Reads the counters, and with `body` those of the ring's flows, at one moment between two batches; waits for one.
  ///
  /// - Parameters:
  ///   - seconds: how long to wait for it at most.
  ///   - body: may be called several times, of which the last counts.
  /// - Returns: nil when the writer left no such moment.
  func read<Result>(
    within seconds: Double = RingTally.longestWait, _ body: () -> Result
  ) -> (values: Values, flows: Result)? {
    let deadline = MonotonicTime.now().adding(seconds: seconds)
    while true {
      for _ in 0..<Self.triesBetweenPauses {
        if let look = lookOnce(body) { return look }
      }
      guard MonotonicTime.now() < deadline else { return nil }
      // The worker may need this very CPU to come to the end of its batch.
      pause(seconds: Self.pauseSeconds)
    }
  }

  private func lookOnce<Result>(_ body: () -> Result) -> (values: Values, flows: Result)? {
    let before = version.load(ordering: .acquiring)
    if before % 2 == 1 { return nil }
    let (copied, traced) = (kernelCopied.load(ordering: .relaxed), traced.load(ordering: .relaxed))
    let values = Values(
      completed: completed.load(ordering: .relaxed), proven: proven.load(ordering: .relaxed),
      beside: beside.load(ordering: .relaxed), drained: drained.load(ordering: .relaxed),
      kernelCopied: copied == Self.notCounted ? nil : copied, kernelCopies: kernelCopies.load(ordering: .relaxed),
      traced: traced == Self.notCounted ? nil : traced)
    let flows = body()
    atomicMemoryFence(ordering: .acquiring)
    return version.load(ordering: .relaxed) == before ? (values, flows) : nil
  }
}
