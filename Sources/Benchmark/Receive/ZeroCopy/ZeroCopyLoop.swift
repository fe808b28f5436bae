import Glibc
import Linux
import Report
import SystemPackage
import Trace
import Uring

/// One ring with its zero-copy queue, on its worker's thread: arms and re-arms RECV_ZC, takes completions, gives buffers back,
/// and never leaves a flow without a way to go on.
struct ZeroCopyLoop: ~Copyable {
  /// Seconds between two looks at flows that bring nothing.
  static let lookPeriod = 0.05
  /// Turns between two looks at the clock, which costs as much as a completion or two. A wait that bytes do not end in
  /// `lookPeriod` looks as well.
  private static let turnsByClock = 8
  /// Looks in vain after which a flow is cancelled and armed again.
  static let patience: UInt8 = 2
  /// Cancelling and arming again that many times in a row without a byte: the flow goes on by copy.
  static let mostCures: UInt8 = 20
  /// Looks for which a flow waits for a free buffer to copy into before bytes that nothing else can read are given up.
  static let mostRests: UInt8 = 20

  var zero: ZeroCopyRing
  var intake: ZeroCopyIntake
  var places: UnsafeMutablePointer<ZeroCopyFlow>
  var placeCount = 0
  private var placeCapacity = 16
  /// By place; what keeps a flow's counters and socket alive while the loop uses them.
  var owners: [Flow?] = []
  private var vacant: [Int] = []
  /// Places that are not vacant.
  var occupied = 0
  var needsAttention = false
  /// The place that `attend` looks at first, so that no flow is always the last to be armed.
  var firstToAttend = 0

  var reads: [UInt32: ZeroCopyRead] = [:]
  let scratch: UnsafeMutableRawBufferPointer
  let post: @Sendable (ZeroCopyNews) -> Void
  let flowEnded: EventDescriptor
  private let wake: EventDescriptor
  private let tally: RingTally
  var totals = RingTally.Values()

  private(set) var hasMail = true
  private(set) var calls: UInt64 = 0
  private var completedBefore: UInt64 = 0
  private var provenBefore: UInt64 = 0
  private var nextLook = MonotonicTime.now()
  private var turnsToClock = 0
  private var flushedAt: UInt64 = 0
  private let flushThreshold: UInt64
  let isStrict: Bool
  private let isWithoutDevice: Bool
  private let failsAfter: UInt64?
  private let polling: RingPolling
  var rearms = ZeroCopyRearms()
  var stallsCured: UInt64 = 0
  /// Times the kernel held completions back because the completion queue was full.
  var overflows: UInt64 = 0
  var allocationFailures: UInt64 = 0
  var copyEvents: UInt64 = 0
  var remarks: [String] = []
  /// Bytes that nothing could read were let go of in this test.
  var hasGivenUpBytes = false

  /// What counts the kernel's copies; nil where nothing does, and why it could not begin.
  var trace: CopyTrace?
  var traceFailure: String?
  var tracedTotal: CopyCount.Reading?
  private var tracedBefore: UInt64 = 0
  /// Bytes that were copied in this thread by the last wait; copies when a test began, and at the last look.
  private(set) var copiedInTurn: UInt64 = 0
  var hitsBefore: UInt64?
  var hitsSeen: UInt64?
  var check: CopyCheck?
  /// Bytes of checks in the figures of probe and kernel.
  var tracedByCheck: UInt64 = 0
  var checkedByKernel: (bytes: UInt64, copies: UInt64) = (0, 0)

  init(
    _ zero: consuming ZeroCopyRing, wake: EventDescriptor, flowEnded: EventDescriptor, tally: RingTally,
    polling: RingPolling = RingPolling(), failsAfter: UInt64? = nil,
    post: @escaping @Sendable (ZeroCopyNews) -> Void
  ) {
    let options = zero.queue.options
    isStrict = options.areaKind == .dmabuf
    isWithoutDevice = options.source == .noDevice
    intake = ZeroCopyIntake(
      areaStart: zero.queue.areaStart, bufferLength: zero.queue.bufferLength, page: sysconf(Int32(_SC_PAGESIZE)))
    // Without a device nothing but a flush takes the refill ring in; a quarter of the area is left for what arrives.
    flushThreshold = max(1, UInt64(zero.queue.areaSize) / UInt64(zero.queue.bufferLength) / 4)
    self.zero = zero
    self.wake = wake
    self.failsAfter = failsAfter
    self.polling = polling
    self.flowEnded = flowEnded
    self.tally = tally
    self.post = post
    places = .allocate(capacity: placeCapacity)
    scratch = .allocate(byteCount: 65_536, alignment: 4096)
    account()
    tally.begin()
    tally.end(totals)
  }

  deinit {
    places.deallocate()
    scratch.deallocate()
  }

  // MARK: Running

  /// Receives until there is mail. Waits without end while nothing is armed.
  mutating func receiveUntilMail() throws(SystemCallError) {
    if hasMail {
      hasMail = false
      try submit(Poll(descriptor: wake.descriptor.number, userData: CompletionTag.mail.userData))
    }
    while !hasMail { try turn() }
  }

  /// One wait and everything it brought.
  mutating func turn() throws(SystemCallError) {
    let watched = occupied > 0 || !reads.isEmpty || check != nil
    let end = try zero.ring.enter(
      waitingFor: watched ? polling.batch : 1,
      timeoutNanoseconds: watched ? Int64(ZeroCopyLoop.lookPeriod * 1e9) : nil,
      minimumWaitMicroseconds: watched ? polling.minimumWait : 0)
    calls &+= 1
    tally.begin()
    defer { tally.end(totals) }
    noteCopies()
    try takeCompletions()
    turnsToClock -= 1
    if watched, end == .timedOut || turnsToClock <= 0 { try lookInTime() }
    if needsAttention {
      needsAttention = false
      try attend()
    }
    account()
    if let failsAfter, totals.completed >= failsAfter {
      throw SystemCallError(attempt: "go on, as asked for", call: "ZCRX_BENCH_FAIL_RING_AFTER", errno: .ioError)
    }
  }

  @inline(never)
  private mutating func lookInTime() throws(SystemCallError) {
    turnsToClock = ZeroCopyLoop.turnsByClock
    let now = MonotonicTime.now()
    guard now >= nextLook else { return }
    nextLook = now.adding(seconds: ZeroCopyLoop.lookPeriod)
    try look()
  }

  private mutating func takeCompletions() throws(SystemCallError) {
    if zero.ring.hasOverflow { overflows &+= 1 }
    var batch = zero.ring.completions()
    while let other = intake.take(&batch, for: places, count: placeCount, returningTo: &zero.queue.refill) {
      try take(other)
    }
    zero.ring.release(batch)
    try zero.publish()
    if isWithoutDevice, zero.queue.refill.returned &- flushedAt >= flushThreshold { try flush() }
  }

  /// What was copied for the completions that are there now, and for none to come: the kernel copies inside of `enter`. While
  /// it holds completions back, it has copied for some that are not there.
  private mutating func noteCopies() {
    guard let bytes = tracedTotal?.bytes else { return }
    copiedInTurn = bytes &- tracedBefore
    if copiedInTurn > 0 {
      tracedBefore = bytes
      noteCopiesOfFlows()
    }
    totals.traced = zero.ring.hasOverflow ? nil : bytes &- tracedByCheck
  }

  /// Tells the control thread anew what there is.
  mutating func publishTally() {
    tally.begin()
    noteCopies()
    account()
    tally.end(totals)
  }

  /// Has the kernel take the returned buffers in, where it can be asked.
  mutating func flush() throws(SystemCallError) {
    try zero.publish()
    flushedAt = zero.queue.refill.returned
    try zero.flush()
  }

  /// Counts anew from here on; `totals` go on.
  mutating func beginCounting(verifying pattern: Pattern?) {
    account()
    (completedBefore, provenBefore) = (totals.completed, totals.proven)
    intake.reset(verifying: pattern)
  }

  private mutating func account() {
    totals.completed = completedBefore &+ intake.bytes
    totals.proven = provenBefore &+ intake.proven
    if let statistics = zero.queue.statistics {
      totals.kernelCopied = statistics.copyBytes &- checkedByKernel.bytes
      totals.kernelCopies = statistics.copyCount &- checkedByKernel.copies
    }
  }

  private mutating func take(_ completion: Completion) throws(SystemCallError) {
    switch CompletionTag(completion.userData) {
    case .mail: hasMail = true
    case .cancellation: break
    case .event: note(completion)
    case .check: takeCheck(completion)
    case .read(let token): try take(completion, ofReading: token)
    case .readable(let place): try takeByCopy(completion, at: place)
    case .flow(let place): takeEnd(completion, at: place)
    }
  }

  private mutating func note(_ event: Completion) {
    switch zero.queue.take(event: event) {
    case .allocationFailed: allocationFailures &+= 1
    case .copied: if check == nil { copyEvents &+= 1 }
    case nil: break
    }
  }

  /// Events are told once until they are armed; arming them only now and then keeps a storm of them out of the ring.
  mutating func armEvents() throws(SystemCallError) {
    guard zero.queue.statistics != nil else { return }
    for event in ZeroCopyEvent.allCases where !zero.queue.armedEvents.contains(ZeroCopyEvents(event)) {
      try zero.armEvent(event)
    }
  }

  /// Prepares a submission, making room for it when there is none.
  mutating func submit(_ operation: some Submission) throws(SystemCallError) {
    if zero.ring.prepare(operation) { return }
    _ = try zero.ring.enter(waitingFor: 0, timeoutNanoseconds: 0)
    guard zero.ring.prepare(operation) else {
      throw SystemCallError(attempt: "submit to the io_uring", call: "io_uring_enter", errno: .resourceBusy)
    }
  }

  // MARK: Places

  /// Finds a place for a flow.
  mutating func admit(_ flow: Flow) -> Int {
    let place: Int
    if let free = vacant.popLast() {
      place = free
      owners[place] = flow
    } else {
      if placeCount == placeCapacity { growPlaces() }
      place = placeCount
      placeCount += 1
      owners.append(flow)
    }
    (places + place).initialize(
      to: ZeroCopyFlow(counters: flow.counters, descriptor: flow.socket.number, copied: flow.copied?.reading))
    trace?.begin(.flow(place), in: flow.copied)
    occupied += 1
    return place
  }

  /// Lets go of a flow of which nothing is armed any more.
  mutating func vacate(_ place: Int) {
    noteCure(of: place)
    trace?.end(.flow(place))
    places[place].state = .vacant
    owners[place] = nil
    vacant.append(place)
    occupied -= 1
  }

  /// The flow is over; whoever reads the state may close its socket at once.
  mutating func finish(_ place: Int, _ state: FlowCounters.State, error: Int32 = 0) {
    let counters = places[place].counters
    // The counters live as long as their flow: it is let go of last.
    let owner = owners[place]
    vacate(place)
    counters.pointee.failure.store(error, ordering: .relaxed)
    counters.pointee.state.store(state, ordering: .releasing)
    flowEnded.signal()
    _ = consume owner
  }

  private mutating func growPlaces() {
    let larger = UnsafeMutablePointer<ZeroCopyFlow>.allocate(capacity: placeCapacity * 2)
    larger.moveInitialize(from: places, count: placeCount)
    places.deallocate()
    places = larger
    placeCapacity *= 2
  }
}
