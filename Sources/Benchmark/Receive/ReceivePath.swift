import Linux

/// One way of receiving, confined to its worker's thread. The worker calls `adopt` and `receiveUntilWoken` in turn; a path
/// counts into the flows' counters and into its own tallies and knows nothing of tests or protocols.
protocol ReceivePath: ~Copyable {
  init(_ setup: ReceiveSetup) throws(SystemCallError)

  /// Takes a connected, non-blocking socket into the loop.
  mutating func adopt(_ flow: Flow) throws(SystemCallError)

  /// Receives until the setup's `wake` is signalled. Signals the setup's `changed` whenever a flow ends.
  mutating func receiveUntilWoken() throws(SystemCallError)

  /// Lets go of every flow, and takes what the kernel has already taken from their sockets; nothing is received after it.
  mutating func leave() throws(SystemCallError)

  var tallies: ReceiveTallies { get }
}

extension ReceivePath where Self: ~Copyable {
  /// What was not received stays in the sockets.
  mutating func leave() throws(SystemCallError) {}
}

struct ReceiveSetup: Sendable {
  /// Bytes per receive call at most.
  let length: Int
  /// Compare every byte with this pattern; nil does not look at them.
  let pattern: Pattern?
  /// Signalled by the control thread: mail for the worker.
  let wake: EventDescriptor
  /// Signalled by the worker: a flow has ended.
  let changed: EventDescriptor
  /// What `uring` asks of the kernel.
  var uring = UringLadder.standard
  /// How waiting is to go about it; what the path cannot do is not in it.
  var polling = PollingWish()
}
