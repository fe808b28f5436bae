import Linux

/// One connection and what has come over it.
struct ReceivedFlow {
  enum State {
    /// To be armed.
    case idle
    case armed
    /// Armed, and a cancellation is on its way.
    case cancelling
    case ended
  }

  let socket: Socket
  var state = State.idle
  var bytes: UInt64 = 0
  /// Asked for with `--cancel-every`.
  var cancellations: UInt64 = 0
  /// When bytes came last, nanoseconds.
  var lastProgress = MonotonicTime.now().nanoseconds
  /// The request was given up while it slept over waiting bytes; bytes since then prove that it had stalled.
  var isSuspectedStall = false
}
