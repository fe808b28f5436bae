import Glibc
import Linux
import SystemPackage
import Uring

/// `uring`: one ring a worker, receives that stay armed and fill buffers of the worker's as bytes come (docs/modes.md).
struct UringReceive: ReceivePath, ~Copyable {
  private var ring: Ring
  private var buffers: ProvidedBufferRing
  private var intake: UringIntake
  private var flows: UnsafeMutablePointer<UringFlow>
  private var flowCount = 0
  private var flowCapacity = 16
  /// Flows of which nothing is armed, because no buffer was free when their turn came, or because they are new.
  private var waiting = PlaceQueue(capacity: 16)
  /// How many of them are armed in one turn. Each may take every buffer there is.
  private var armsPerTurn = UringReceive.mostArmsPerTurn
  private var armed = 0
  private let ladder: UringLadder
  private var rung: Int
  private let wake: EventDescriptor
  private let changed: EventDescriptor
  private var isWakeArmed = false
  private var isWoken = false
  private var isLeaving = false
  private(set) var tallies: ReceiveTallies
  private var waits = RingPolling()

  private static let mostArmsPerTurn = 64
  /// Seconds that cancelling may take.
  private static let longestLeaving = 5.0

  init(_ setup: ReceiveSetup) throws(SystemCallError) {
    var notes: [String] = []
    let layout = UringBuffers(bytes: setup.length)
    let ring = try setup.uring.makeRing(entries: 256, completionEntries: 4096, notes: &notes)
    let buffers = try ProvidedBufferRing(count: layout.count, length: layout.length, registeringWith: ring)
    ladder = setup.uring
    rung = ladder.firstRung(bundles: ring.offersBundles)
    waits.wait(
      setup.polling.minimumWait, isPossible: ring.hasMinimumWait, completionEntries: ring.completionCapacity,
      buffers: layout.count)
    waits.poll(setup.polling.busyPoll, ring, nil)
    self.ring = ring
    self.buffers = buffers
    intake = UringIntake(verifying: setup.pattern)
    wake = setup.wake
    changed = setup.changed
    tallies = ReceiveTallies()
    if rung > 0 {
      notes.append(
        "uring: the kernel does not offer bundles (IORING_FEAT_RECVSEND_BUNDLE, Linux 6.10); going on with "
          + ladder.receives[rung].name)
    }
    tallies.notes = notes
    tallies.polling = waits.outcome
    flows = .allocate(capacity: flowCapacity)
  }

  deinit {
    flows.deallocate()
  }

  mutating func adopt(_ flow: Flow) throws(SystemCallError) {
    if flowCount == flowCapacity { growFlows() }
    (flows + flowCount).initialize(to: UringFlow(counters: flow.counters, descriptor: flow.socket.number))
    waiting.append(flowCount)
    flowCount += 1
  }

  // MARK: Receiving

  mutating func receiveUntilWoken() throws(SystemCallError) {
    isWoken = false
    if !isWakeArmed {
      isWakeArmed = true
      try submit(Poll(descriptor: wake.descriptor.number, userData: CompletionTag.mail.userData))
    }
    while !isWoken { try turn() }
    tallies.verificationNanoseconds = intake.verifier?.nanoseconds ?? 0
  }

  /// One wait and everything it brought.
  private mutating func turn(timeoutNanoseconds: Int64? = nil) throws(SystemCallError) {
    var left = min(waiting.count, armsPerTurn)
    while left > 0, let place = waiting.takeFirst() {
      try arm(place)
      left -= 1
    }
    // Whoever still waits must not have to wait for somebody else's bytes.
    _ = try ring.enter(
      waitingFor: waiting.isEmpty ? waits.batch : 0, timeoutNanoseconds: timeoutNanoseconds,
      minimumWaitMicroseconds: waiting.isEmpty ? waits.minimumWait : 0)
    tallies.calls &+= 1
    if ring.hasOverflow { tallies.overflows &+= 1 }
    let starvedBefore = tallies.starved
    var batch = ring.completions()
    while let other = intake.take(&batch, for: flows, count: flowCount, returningTo: &buffers, &tallies) {
      try take(other)
    }
    ring.release(batch)
    buffers.publish()
    armsPerTurn =
      tallies.starved > starvedBefore ? max(1, armsPerTurn / 2) : min(UringReceive.mostArmsPerTurn, armsPerTurn * 2)
  }

  private mutating func take(_ completion: Completion) throws(SystemCallError) {
    switch CompletionTag(completion.userData) {
    case .mail:
      isWakeArmed = false
      isWoken = true
    case .flow(let place): try take(completion, of: place)
    case .cancellation, .read, .readable, .event, .check: break
    }
  }

  /// A completion of a flow that is more, or less, than bytes of a receive that goes on.
  private mutating func take(_ completion: Completion, of place: Int) throws(SystemCallError) {
    if let buffer = completion.buffer {
      if completion.result > 0 {
        intake.takeBytes(of: completion, in: buffer, flows[place].counters, &buffers, &tallies)
      } else {
        buffers.giveBack(from: buffer, bytes: 0)
      }
    }
    guard !completion.isMoreToCome else { return }
    armed -= 1
    flows[place].state = .waiting
    if completion.result > 0 { return try goOn(place) }
    switch -completion.result {
    case 0: finish(place, .ended, error: 0)
    case ENOBUFS:
      tallies.starved &+= 1
      waiting.append(place)
    case EINVAL where Int(flows[place].rung) + 1 < ladder.receives.count:
      descend(from: Int(flows[place].rung))
      try goOn(place)
    case EINTR, EAGAIN: try goOn(place)
    case ECANCELED where isLeaving: break
    case let errno: finish(place, .failed, error: errno)
    }
  }

  /// The kernel does not know what the flags of this rung ask for.
  private mutating func descend(from refused: Int) {
    guard refused == rung else { return }
    rung += 1
    tallies.notes.append(
      "uring: the kernel refused \(ladder.receives[refused].name) (recv: Invalid argument); going on with "
        + ladder.receives[rung].name)
  }

  private mutating func goOn(_ place: Int) throws(SystemCallError) {
    if !isLeaving { try arm(place) }
  }

  private mutating func arm(_ place: Int) throws(SystemCallError) {
    try submit(
      BufferReceive(
        ladder.receives[rung], descriptor: flows[place].descriptor, group: buffers.group,
        userData: CompletionTag.flow(place).userData))
    flows[place].state = .armed
    flows[place].rung = UInt8(rung)
    armed += 1
  }

  private mutating func finish(_ place: Int, _ state: FlowCounters.State, error: Int32) {
    // The control thread closes the socket as soon as it sees the state, so the kernel has nothing of it any more.
    flows[place].state = .over
    flows[place].counters.pointee.failure.store(error, ordering: .relaxed)
    flows[place].counters.pointee.state.store(state, ordering: .releasing)
    changed.signal()
  }

  /// Prepares a submission, making room for it when there is none.
  private mutating func submit(_ operation: some Submission) throws(SystemCallError) {
    if ring.prepare(operation) { return }
    _ = try ring.enter(waitingFor: 0, timeoutNanoseconds: nil)
    guard ring.prepare(operation) else {
      throw SystemCallError(attempt: "submit to the io_uring", call: "io_uring_enter", errno: .resourceBusy)
    }
  }

  // MARK: Leaving

  /// Ends what is armed and takes what it still brings, so that every byte the kernel took from a socket is counted, and
  /// the sockets are nobody's but their owner's.
  mutating func leave() throws(SystemCallError) {
    guard armed > 0 else { return }
    isLeaving = true
    try submit(CancellationOfAll(userData: CompletionTag.cancellation.userData))
    while waiting.takeFirst() != nil {}
    let deadline = MonotonicTime.now().adding(seconds: UringReceive.longestLeaving)
    while armed > 0, MonotonicTime.now() < deadline { try turn(timeoutNanoseconds: 100_000_000) }
    if armed > 0 { tallies.notes.append("uring: \(armed) receives could not be cancelled within 5 s") }
    tallies.verificationNanoseconds = intake.verifier?.nanoseconds ?? 0
  }

  private mutating func growFlows() {
    let larger = UnsafeMutablePointer<UringFlow>.allocate(capacity: flowCapacity * 2)
    larger.moveInitialize(from: flows, count: flowCount)
    flows.deallocate()
    flows = larger
    flowCapacity *= 2
    waiting.makeRoom(for: flowCapacity)
  }
}
