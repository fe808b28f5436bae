import Benchmark
import Glibc
import Linux
import SystemPackage
import Uring

/// Accepts flows and receives them through the queue until all have ended.
struct ReceiveLoop: ~Copyable {
  struct Plan {
    var flows: Int
    /// Buffers kept back until the kernel complains, a stall, or the end.
    var heldBuffers: Int
    /// Bytes after which the process kills itself, still holding buffers.
    var killAt: UInt64?
    /// Buffers given back between two flushes; 0 flushes only on complaints.
    var flushEvery: UInt64
    /// Bytes of a flow after which its receive is cancelled and armed anew, again and again.
    var cancelEvery: UInt64?
    /// Nanoseconds for the whole run.
    var timeout: Int64
  }

  /// A flow this long without bytes, while some wait in its socket, is taken for stalled, nanoseconds.
  private static let stallAfter: Int64 = 300_000_000
  /// Events are armed again so often, so that one for every packet does not become the work.
  private static let mostArmings: UInt64 = 64
  private static let cancellationBit: UInt64 = 1 << 32

  private(set) var ring: ZeroCopyRing
  private(set) var account = ReceiveAccount()
  private(set) var flows: [ReceivedFlow] = []
  private let listener: Socket
  private let plan: Plan
  private let check: PatternCheck?
  private var held: [UInt64] = []
  private var isHolding: Bool
  private var unflushed: UInt64 = 0

  init(_ ring: consuming ZeroCopyRing, listener: Socket, plan: Plan, check: PatternCheck?) {
    self.ring = ring
    self.listener = listener
    self.plan = plan
    self.check = check
    isHolding = plan.heldBuffers > 0
    held.reserveCapacity(plan.heldBuffers)
  }

  /// - Throws: what the ring refused, or ETIME when the run takes too long.
  mutating func run() throws(SystemCallError) {
    let deadline = MonotonicTime.now().nanoseconds + plan.timeout
    while !isDone {
      guard MonotonicTime.now().nanoseconds < deadline else {
        throw SystemCallError(
          attempt: "receive everything in time", call: "io_uring_enter", errno: Errno(rawValue: ETIME))
      }
      try acceptWaiting()
      try armIdle()
      let end = try ring.ring.enter(
        waitingFor: 1, timeoutNanoseconds: flows.count < plan.flows ? 5_000_000 : 50_000_000)
      if ring.ring.hasOverflow { account.overflows += 1 }
      try takeBatch()
      if end == .timedOut { try lookForStalls() }
    }
    try release()
  }

  /// Closes connections and listener, then ring and memory.
  consuming func close() {
    flows = []
    ring.close()
  }

  private var isDone: Bool {
    account.failure != nil || flows.count == plan.flows && flows.allSatisfy { $0.state == .ended }
  }

  private mutating func acceptWaiting() throws(SystemCallError) {
    while flows.count < plan.flows, let socket = try listener.accept() { flows.append(ReceivedFlow(socket: socket)) }
  }

  private mutating func armIdle() throws(SystemCallError) {
    for index in flows.indices where flows[index].state == .idle {
      let receive = ZeroCopyReceive(
        descriptor: flows[index].socket.number, queue: ring.queue.identifier, userData: UInt64(index))
      // A full submission ring is emptied by the next enter.
      guard ring.ring.prepare(receive.fill) else { return }
      flows[index].state = .armed
    }
  }

  private mutating func takeBatch() throws(SystemCallError) {
    var batch = ring.ring.completions()
    var wantsFlush = false
    while let completion = batch.next() {
      if completion.userData == QueueArguments.eventUserData {
        wantsFlush = try takeEvent(completion) || wantsFlush
      } else if completion.userData & Self.cancellationBit == 0 {
        wantsFlush = take(completion) || wantsFlush
      }
    }
    ring.ring.release(batch)
    try ring.publish()
    if wantsFlush || plan.flushEvery > 0 && unflushed >= plan.flushEvery { try flush() }
  }

  private mutating func flush() throws(SystemCallError) {
    unflushed = 0
    try ring.flush()
  }

  /// - Returns: whether buffers must go back now.
  private mutating func takeEvent(_ completion: Completion) throws(SystemCallError) -> Bool {
    guard let event = ring.queue.take(event: completion) else { return false }
    switch event {
    case .allocationFailed: account.allocationEvents += 1
    case .copied: account.copyEvents += 1
    }
    if account.allocationEvents + account.copyEvents < Self.mostArmings { try ring.armEvent(event) }
    guard event == .allocationFailed else { return false }
    letGo()
    return true
  }

  /// - Returns: whether buffers must go back now.
  private mutating func take(_ completion: Completion) -> Bool {
    let index = Int(completion.userData)
    var wantsFlush = false
    switch ZeroCopyReceive.outcome(of: completion) {
    case .bytes(let count): takeBytes(completion, count, flow: index)
    case .end: flows[index].state = .ended
    case .completionsFull: account.rearmsForCompletions += 1
    case .buffersExhausted:
      account.rearmsForBuffers += 1
      letGo()
      wantsFlush = true
    case .cancelled: account.rearmsAfterCancel += 1
    case .failed(let errno):
      account.failure = errno.name
      flows[index].state = .ended
    }
    if !completion.isMoreToCome && flows[index].state != .ended { flows[index].state = .idle }
    return wantsFlush
  }

  private mutating func takeBytes(_ completion: Completion, _ count: Int, flow index: Int) {
    let bytes = ring.queue.bytes(at: completion.offset, count: count)
    if let check { account.badBytes += UInt64(check.wrongBytes(bytes, at: flows[index].bytes)) }
    if ring.queue.isProvenZeroCopy(offset: completion.offset, count: count) {
      account.provenZeroCopyBytes += UInt64(count)
    }
    account.cqes += 1
    account.bytes += UInt64(count)
    flows[index].bytes += UInt64(count)
    flows[index].lastProgress = MonotonicTime.now().nanoseconds
    if flows[index].isSuspectedStall {
      flows[index].isSuspectedStall = false
      account.stallsCured += 1
    }
    if let step = plan.cancelEvery, flows[index].bytes / step > flows[index].cancellations {
      flows[index].cancellations = flows[index].bytes / step
      cancel(index)
    }
    if isHolding && held.count < plan.heldBuffers {
      held.append(completion.offset)
    } else {
      giveBack(completion.offset)
    }
    if let limit = plan.killAt, account.bytes >= limit { kill(getpid(), SIGKILL) }
  }

  /// Cancels a flow's receive, if that fits into the submission ring now.
  private mutating func cancel(_ index: Int) {
    let cancellation = Cancellation(of: UInt64(index), userData: Self.cancellationBit | UInt64(index))
    if flows[index].state == .armed, ring.ring.prepare(cancellation.fill) { flows[index].state = .cancelling }
  }

  private mutating func giveBack(_ offset: UInt64) {
    ring.queue.giveBack(offset)
    unflushed += 1
  }

  /// Ends the holding back of buffers.
  private mutating func letGo() {
    isHolding = false
    for offset in held { giveBack(offset) }
    held.removeAll(keepingCapacity: true)
  }

  private mutating func release() throws(SystemCallError) {
    letGo()
    try ring.publish()
    try flush()
  }

  /// Kernels without the early-stop fix leave a request armed that will never complete: it is cancelled and armed anew.
  private mutating func lookForStalls() throws(SystemCallError) {
    let now = MonotonicTime.now().nanoseconds
    for index in flows.indices where flows[index].state == .armed && now - flows[index].lastProgress > Self.stallAfter {
      guard try flows[index].socket.queuedBytes() > 0 else { continue }
      cancel(index)
      flows[index].isSuspectedStall = true
      try release()
    }
  }
}
