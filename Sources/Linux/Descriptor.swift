import Glibc

/// An open file descriptor that is closed when its last holder lets go. Threads share it by reference, so that none can
/// close it under another.
public final class Descriptor: Sendable {
  public let number: Int32

  /// Takes ownership of `number`.
  public init(owning number: Int32) {
    self.number = number
  }

  deinit {
    close(number)
  }
}
