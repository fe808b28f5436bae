import Benchmark
import Glibc

/// Compares what a flow received with the pattern the sender sends.
struct PatternCheck {
  private let pattern = Pattern()

  /// How many of `bytes`, which begin at `offset` of their flow, are wrong.
  func wrongBytes(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Int {
    var wrong = 0
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, Pattern.longestPiece)
      let actual = UnsafeRawBufferPointer(rebasing: bytes[done..<done + count])
      pattern.withPiece(at: offset + UInt64(done), count: count) { expected in
        if let left = actual.baseAddress, let right = expected.baseAddress, memcmp(left, right, count) != 0 {
          wrong += zip(actual, expected).count { $0 != $1 }
        }
      }
      done += count
    }
    return wrong
  }
}
