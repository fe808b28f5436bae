import SystemPackage

/// Something asked for that a queue was registered without.
public struct DroppedField: Sendable, Equatable {
  public enum Field: String, Sendable {
    /// Events and statistics (event_desc, Linux 7.2).
    case events
    /// Buffers other than a page (rx_buf_len, Linux 7.0).
    case bufferLength
  }

  public let field: Field
  /// The kernel's answer to the last attempt that had it.
  public let errno: Errno

  public init(field: Field, errno: Errno) {
    self.field = field
    self.errno = errno
  }
}
