import CKernelABI

/// How a ring works (io_uring_setup(2)).
public struct RingOptions: OptionSet, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Sizes beyond the kernel's limits are cut down to them instead of refused. Linux 5.6.
  public static let clamp = RingOptions(rawValue: ZB_IORING_SETUP_CLAMP)
  /// A bad submission does not keep those behind it from being submitted. Linux 5.18.
  public static let submitAll = RingOptions(rawValue: ZB_IORING_SETUP_SUBMIT_ALL)
  /// Completions are worked out at the thread's next system call instead of interrupting it. Linux 5.19.
  public static let cooperativeWork = RingOptions(rawValue: ZB_IORING_SETUP_COOP_TASKRUN)
  /// Completions of 32 bytes. Linux 5.19.
  public static let wideCompletions = RingOptions(rawValue: ZB_IORING_SETUP_CQE32)
  /// Only the creating thread submits; another is refused with EEXIST. Linux 6.0.
  public static let singleIssuer = RingOptions(rawValue: ZB_IORING_SETUP_SINGLE_ISSUER)
  /// Completions are worked out only when the thread waits for them; needs `singleIssuer`. Linux 6.1.
  public static let deferredWork = RingOptions(rawValue: ZB_IORING_SETUP_DEFER_TASKRUN)
  /// Completions of 16 bytes and of 32 bytes in one ring, where only the operations that need it take two slots; not
  /// together with `wideCompletions`. Linux 6.18.
  public static let mixedCompletions = RingOptions(rawValue: ZB_IORING_SETUP_CQE_MIXED)

  /// What zero-copy receive demands of its ring.
  public static let zeroCopyReceive: RingOptions = [.submitAll, .wideCompletions, .singleIssuer, .deferredWork]
  /// The same with mixed completions instead of wide ones.
  public static let zeroCopyReceiveMixed: RingOptions = [.submitAll, .mixedCompletions, .singleIssuer, .deferredWork]
}
