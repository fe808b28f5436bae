/// What the kernel told of the sends it was to make without a copy. Bytes, exact.
struct SendAccount: Sendable, Equatable {
  /// Of sends the kernel says it did not copy.
  var zeroCopied: UInt64 = 0
  /// Of sends the kernel says it copied after all.
  var copied: UInt64 = 0
  /// Of sends the kernel told nothing of in time.
  var unsettled: UInt64 = 0
  /// Sent with calls that copy, because the kernel would not send these without.
  var copiedByCalls: UInt64 = 0
  /// Sends the kernel told of, and those among them that it copied.
  var notified: UInt64 = 0
  var notifiedCopied: UInt64 = 0
  /// Times the kernel could take no more for now (ENOBUFS, ENOMEM).
  var refusals: UInt64 = 0
  /// Why the rest was sent with `write`; nil where it was not.
  var reasonToWrite: String?
}
