/// The kernel's own count of copies (Linux 7.2). A lower bound: what it copies out of a packet's linear part is not in it.
/// Exact to that extent only while one ring uses the queue.
public struct ZeroCopyStatistics: Sendable, Equatable {
  /// Packet fragments copied; a fragment that needs two buffers counts once.
  public var copyCount: UInt64
  public var copyBytes: UInt64

  @inlinable
  public init(copyCount: UInt64, copyBytes: UInt64) {
    self.copyCount = copyCount
    self.copyBytes = copyBytes
  }
}
