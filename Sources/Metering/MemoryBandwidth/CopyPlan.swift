/// How much to copy so that no cache holds it.
public struct CopyPlan: Sendable, Equatable {
  /// Bytes copied in a repetition, over all threads.
  public var size: Int
  /// The machine's last-level caches together, bytes; nil where the kernel does not tell.
  public var cache: UInt64?

  /// Copies of fewer bytes may stay in the caches, and would measure them.
  public static let timesCache = 4
  /// Where the caches are unknown or small.
  private static let least: UInt64 = 256 << 20

  /// Four times the last-level caches, at least 256 MiB; less where two blocks of that would take more than half of the
  /// memory that is left.
  /// - Parameters:
  ///   - root: stands before /sys and /proc; empty for the machine's own.
  ///   - size: what the user wants instead, bytes.
  public static func choose(size: Int? = nil, root: String = "") -> CopyPlan {
    let cache = CacheFacts.lastLevelBytes(in: SystemTree(root: root))
    if let size { return CopyPlan(size: size, cache: cache) }
    let wanted = max(least, (cache ?? 0) * UInt64(timesCache))
    let room = MemoryFacts.read(root: root).available.map { $0 / 4 } ?? wanted
    return CopyPlan(size: Int(clamping: min(wanted, max(1 << 20, room))), cache: cache)
  }

  /// Whether caches may hold a part of what is copied.
  public var fitsCaches: Bool { cache.map { UInt64(size) < $0 * UInt64(CopyPlan.timesCache) } ?? false }
}
