@testable import Benchmark

extension Pattern {
  /// A copy of a piece, which may outlive the pattern.
  func bytes(at offset: UInt64, count: Int) -> [UInt8] {
    withPiece(at: offset, count: count) { Array($0) }
  }
}
