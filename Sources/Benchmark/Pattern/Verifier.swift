import Glibc
import Synchronization

/// Compares received bytes with the pattern and keeps the time it takes, so that a report can tell its cost.
struct Verifier {
  private let pattern: Pattern
  /// CPU time spent here, nanoseconds.
  private(set) var nanoseconds: Int64 = 0

  init(_ pattern: Pattern) {
    self.pattern = pattern
  }

  /// - Parameter offset: bytes of the flow that were received before. What was given up before it lies in between.
  mutating func check(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>
  ) {
    let offset = offset + counters.pointee.lost.load(ordering: .relaxed)
    // After the first wrong byte of a flow the rest says nothing new.
    guard counters.pointee.firstWrongOffset.load(ordering: .relaxed) == FlowCounters.noWrongByte else { return }
    let before = Verifier.threadNanoseconds()
    if let wrong = firstDifference(bytes, at: offset) {
      counters.pointee.firstWrongOffset.store(offset + UInt64(wrong), ordering: .relaxed)
    }
    let checked = counters.pointee.checkedBytes.load(ordering: .relaxed)
    counters.pointee.checkedBytes.store(checked + UInt64(bytes.count), ordering: .relaxed)
    nanoseconds += Verifier.threadNanoseconds() - before
  }

  private func firstDifference(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Int? {
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, Pattern.longestPiece)
      let actual = UnsafeRawBufferPointer(rebasing: bytes[done..<done + count])
      let wrong = pattern.withPiece(at: offset + UInt64(done), count: count) {
        Verifier.firstDifference(actual, from: $0)
      }
      if let wrong { return done + wrong }
      done += count
    }
    return nil
  }

  private static func firstDifference(_ actual: UnsafeRawBufferPointer, from expected: UnsafeRawBufferPointer) -> Int? {
    guard let start = actual.baseAddress, let right = expected.baseAddress, memcmp(start, right, expected.count) != 0
    else { return nil }
    return zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  }

  private static func threadNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
