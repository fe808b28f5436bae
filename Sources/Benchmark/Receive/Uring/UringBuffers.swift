/// How the bytes of `-l` are cut into the buffers of a worker's ring.
struct UringBuffers: Equatable {
  /// A power of two.
  let count: Int
  /// Bytes of each.
  let length: Int

  /// - Parameter bytes: of all buffers together, at most; at least 1.
  init(bytes: Int) {
    count = min(UringBuffers.most, 1 << (Int.bitWidth - 1 - max(1, bytes).leadingZeroBitCount))
    length = max(1, bytes) / count
  }

  private static let most = 16
}
