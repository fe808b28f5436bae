/// What became of the bytes a sender handed to the kernel (docs/modes.md). Omitted seconds are included.
public struct TransmitReport: Sendable, Equatable {
  /// What calls do with the bytes.
  public enum Handover: String, Sendable, CaseIterable {
    /// The kernel copies them.
    case copied
    /// The kernel passes pages on, and does not tell whether anything copied them later.
    case pages
    /// The kernel is asked not to copy, and notifies of each send whether it did.
    case notified
  }

  public var handover: Handover
  /// Bytes of sends the kernel says it did not copy; nil where it tells nothing.
  public var zeroCopiedBytes: UInt64?
  /// Bytes of sends the kernel copied: by its notifications, or because the call copies; nil where it tells nothing.
  public var copiedBytes: UInt64?
  /// Bytes of sends the kernel did not tell of in time; nil where it tells nothing.
  public var unsettledBytes: UInt64?
  /// Sends the kernel told of, and those it copied; nil where it tells nothing.
  public var notifications: UInt64?
  public var copiedNotifications: UInt64?
  /// Calls that took nothing for now: the peer did not read, or a signal came.
  public var retries: UInt64
  /// Times the kernel had no room for one more zero-copy send (ENOBUFS, ENOMEM); nil where there are none.
  public var refusals: UInt64?
  /// Streams that were sent on with `write`, because the kernel copied or refused; nil where that was no choice.
  public var streamsWriting: Int?
  /// Why, as the first of these streams says.
  public var reasonToWrite: String?

  public init(handover: Handover, retries: UInt64) {
    self.handover = handover
    self.retries = retries
  }
}
