/// Which received bytes the kernel copied, and which it did not. Every figure is a pair of bounds; they are equal only
/// where the method makes the figure exact, and nil where nothing can be said.
public struct CopyAccount: Sendable, Equatable {
  /// Bytes the kernel copied into user memory.
  public var copied: ByteBounds?
  /// Bytes that reached user memory without a copy by the kernel.
  public var zeroCopied: ByteBounds?
  /// Bytes acknowledged and dropped inside the kernel (`discard` mode): not received into user memory.
  public var discarded: UInt64
  /// How the bounds were found, in words.
  public var method: String

  public init(copied: ByteBounds?, zeroCopied: ByteBounds?, discarded: UInt64, method: String) {
    self.copied = copied
    self.zeroCopied = zeroCopied
    self.discarded = discarded
    self.method = method
  }
}

public struct ByteBounds: Sendable, Equatable {
  public var atLeast: UInt64
  public var atMost: UInt64

  public init(atLeast: UInt64, atMost: UInt64) {
    self.atLeast = atLeast
    self.atMost = atMost
  }

  public init(exactly bytes: UInt64) {
    self.init(atLeast: bytes, atMost: bytes)
  }

  public var isExact: Bool { atLeast == atMost }
}
