/// What a zero-copy queue is to be.
public struct ZeroCopyQueueOptions: Sendable, Equatable {
  /// Where packets come from.
  public enum Source: Sendable, Equatable {
    /// One receive queue of an interface of this thread's network namespace.
    case device(interfaceIndex: UInt32, queue: UInt32)
    /// No device: the kernel copies from ordinary sockets into the area. Linux 7.1.
    case noDevice
  }

  /// Whose memory the refill ring lies in.
  public enum Region: String, Sendable, CaseIterable {
    /// Ours, handed to the kernel.
    case user
    /// The kernel's, mapped by us.
    case kernel
  }

  public var source: Source
  /// Entries of the refill ring, 1…32768; the kernel rounds up to a power of two.
  public var refillEntries: UInt32
  public var areaKind: ZeroCopyArea.Kind
  /// Bytes; rounded up to whole pages. At most 1 GiB before Linux 7.2.
  public var areaSize: Int
  /// Bytes of one buffer (rx_buf_len), a power of two from a page up; 0 for a page. Linux 7.0, where the driver can.
  public var bufferLength: UInt32
  /// A refused length is an error and not left out.
  public var isBufferLengthRequired = false
  public var region: Region
  /// The user data of event completions; nil for neither events nor the kernel's statistics. Linux 7.2.
  public var eventUserData: UInt64?

  public init(
    source: Source, refillEntries: UInt32 = 32768, areaKind: ZeroCopyArea.Kind = .pages, areaSize: Int = 64 << 20,
    bufferLength: UInt32 = 0, region: Region = .user, eventUserData: UInt64? = nil
  ) {
    self.source = source
    self.refillEntries = refillEntries
    self.areaKind = areaKind
    self.areaSize = areaSize
    self.bufferLength = bufferLength
    self.region = region
    self.eventUserData = eventUserData
  }
}
