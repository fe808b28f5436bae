import Linux

/// What this kernel's io_uring can do for zero-copy receive, found by asking it, never by its version number: backports
/// and configurations make version numbers lie.
public struct ZeroCopySupport: Sendable, Equatable {
  /// The kernel's release, for the reader.
  public let kernelRelease: String
  /// Zero-copy receive was compiled in (Linux 6.15, CONFIG_IO_URING_ZCRX). Whether an interface's driver can do it too
  /// is another question.
  public let isBuiltIn: Capability
  /// This process may use it: CAP_NET_ADMIN in the initial user namespace.
  public let permission: Capability
  /// Several zero-copy queues on one ring (Linux 6.16).
  public let severalQueues: Capability
  /// A dma-buf as the memory packets land in (Linux 6.16).
  public let dmabufAreas: Capability
  /// Orders to a queue that is registered (Linux 6.19).
  public let controls: Capability
  /// Receiving without a device, by copying (Linux 7.1).
  public let nodev: Capability
  /// Flushing the refill ring on demand (Linux 6.19).
  public let flush: Capability
  /// Buffers larger than a page (Linux 7.0).
  public let rxBufLen: Capability
  /// Events and the kernel's own count of copied bytes (Linux 7.2).
  public let events: Capability
  /// Growing the memory at run time (Linux 7.3).
  public let addArea: Capability
  /// Completions of 16 and of 32 bytes in one ring (Linux 6.18).
  public let mixedCQE: Capability

  /// Asks the running kernel. Nothing is changed: the ring used for asking is gone afterwards, and no interface is touched.
  public static func discover() -> ZeroCopySupport {
    ZeroCopySupport(ZeroCopyEvidence.gather())
  }

  /// One line for the reader.
  public var summary: String {
    switch (isBuiltIn, permission) {
    case (.present, .absent(let reason)):
      "this kernel (\(kernelRelease)) was built with zero-copy receive, but \(reason)"
    case (.present, _):
      "this kernel (\(kernelRelease)) was built with zero-copy receive"
    case (.absent(let reason), _):
      "no zero-copy receive: \(reason)"
    case (.unknown(let reason), _):
      "cannot tell whether this kernel (\(kernelRelease)) has zero-copy receive: \(reason)"
    }
  }
}
