import CLinux
import Glibc

/// The payload `--verify` compares with: byte k of every stream is byte k mod `period` of a fixed pseudo-random block
/// (docs/verification.md). Because the period is far larger than any segment, a lost, repeated or reordered segment shows
/// unless it is displaced by a whole multiple of the period.
public final class Pattern: Sendable {
  /// Bytes; a power of two.
  public static let period = 1 << 20
  /// The largest piece that can be looked at or sent in one go, bytes.
  public static let longestPiece = 1 << 20

  /// One period and then its beginning once more, so that any piece is contiguous. A mapping of its own: pages that the
  /// kernel still sends from when the pattern goes are the kernel's alone from then on, and nobody writes to them. Memory
  /// of the allocator's could be handed out again, and what is under way would change.
  nonisolated(unsafe) private let block: UnsafeMutableRawPointer
  private static let size = Pattern.period + Pattern.longestPiece

  public init() {
    var memory: UnsafeMutableRawPointer?
    guard zb_map_memory(Pattern.size, 0, &memory) == 0, let memory else {
      fatalError("no memory for the pattern's \(Pattern.size) bytes")
    }
    block = memory
    // splitmix64 of the word's index: a constant any program can produce (docs/verification.md).
    for word in 0..<Pattern.period / 8 {
      block.storeBytes(of: Pattern.word(UInt64(word)).littleEndian, toByteOffset: word * 8, as: UInt64.self)
    }
    (block + Pattern.period).copyMemory(from: block, byteCount: Pattern.longestPiece)
  }

  deinit {
    munmap(block, Pattern.size)
  }

  static func word(_ index: UInt64) -> UInt64 {
    var mixed = index &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Gives `body` the `count` bytes a stream has at `offset`; `count` at most `longestPiece`. The memory is valid only
  /// within it.
  public func withPiece<Result, Failure: Error>(
    at offset: UInt64, count: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(count <= Pattern.longestPiece, "a piece of the pattern is at most \(Pattern.longestPiece) bytes")
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: block + Int(offset & UInt64(Pattern.period - 1)), count: count))
  }

  /// The whole block, for a file to send from: `period + longestPiece` bytes.
  var wholeBlock: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: block, count: Pattern.size)
  }
}
