import Linux
import SystemPackage
import Trace
import Uring

/// What the kernel copied, as the probe counts it.
extension ZeroCopyLoop {
  /// Begins to count in this thread, while nothing is received, and sees that the probe counts; once more where that could
  /// not be tried before.
  mutating func trace(by probe: CopyProbe) throws(SystemCallError) {
    do throws(SystemCallError) {
      if trace == nil {
        trace = try CopyTrace(probe)
        try TracingRights.drop()
      }
    } catch {
      traceFailure = "\(error)"
      return
    }
    if trace?.hasCounters == true { trace?.failure = nil }
    try checkTrace()
  }

  /// Of the bytes that a completion brought of a read connection, those that were copied; nil where that is not known.
  mutating func copiedBytes(ofReading token: UInt32, _ count: Int) -> Int? {
    guard let trace, trace.failure == nil else { return 0 }
    if let copied = reads[token]?.copied {
      let fresh = Int(clamping: min(UInt64(count), copied.bytes &- (reads[token]?.copiedTaken ?? 0)))
      reads[token]?.copiedTaken += UInt64(fresh)
      return fresh
    }
    // Of the thread alone: nothing was copied, or it is not known for whom.
    guard trace.copies.probe.method == .hits else { return copiedInTurn == 0 ? 0 : nil }
    let hits = readHits()
    defer { hitsSeen = hits }
    return hits == hitsSeen ? 0 : nil
  }

  /// Why what the probe counted is not all; nil where it counts.
  var traceProblem: String? { traceFailure ?? trace?.failure }

  /// Has the kernel copy some bytes on purpose: what comes over the loopback interface lies in no buffer of the area. A probe
  /// that is dead looks like a receive that copies nothing. Nobody's bytes are these: they are in no other figure.
  mutating func checkTrace() throws(SystemCallError) {
    guard let copies = trace?.copies, trace?.failure == nil else { return }
    tracedTotal = copies.total?.reading
    let connection: LoopbackConnection
    do throws(SystemCallError) {
      connection = try LoopbackConnection()
      _ = try connection.sender.send([UInt8](repeating: 0, count: CopyTrace.checkBytes)[...])
    } catch {
      return failTrace("whether the probe counts could not be tried (\(error))")
    }
    let checks = trace?.checks
    trace?.begin(.check, in: checks)
    defer { trace?.end(.check) }
    let before = (traced: countedByCheck, hits: readHits(), kernel: zero.queue.statistics)
    try receiveCheck(connection.receiver)
    let (arrived, isShort) = (check?.arrived ?? 0, check?.isShort ?? false)
    if let kernel = zero.queue.statistics, let earlier = before.kernel {
      // What else was copied meanwhile stays in the account.
      checkedByKernel.bytes &+= min(kernel.copyBytes &- earlier.copyBytes, UInt64(arrived))
      checkedByKernel.copies &+= min(kernel.copyCount &- earlier.copyCount, check?.pieces ?? 0)
    }
    check = nil
    try armEvents()
    guard arrived == CopyTrace.checkBytes else {
      return failTrace(
        "whether the probe counts could not be tried: "
          + (isShort ? "no buffer of the area was free to copy into" : "of the bytes to be copied \(arrived) arrived"))
    }
    let isCounted: Bool
    switch copies.probe.method {
    case .exit: isCounted = countedByCheck &- before.traced == UInt64(arrived)
    case .returns, .event:
      isCounted = countedByCheck &- before.traced >= UInt64(arrived)
      tracedByCheck &+= UInt64(arrived)
    case .hits:
      hitsSeen = readHits()
      isCounted = (hitsSeen ?? 0) > (before.hits ?? .max)
    }
    if !isCounted { failTrace("the probe did not count a copy that was made on purpose") }
    publishTally()
  }

  /// Copies in this thread since it was last looked at the probe alone; nil where bytes are counted, or it cannot be read.
  mutating func readHits() -> UInt64? {
    do throws(SystemCallError) {
      return try trace?.copies.hitCount()
    } catch {
      failTrace("\(error)")
      return nil
    }
  }

  private mutating func failTrace(_ reason: String) {
    if trace?.failure == nil { trace?.failure = reason }
    tracedTotal = nil
    totals.traced = nil
  }

  private var countedByCheck: UInt64 { (trace?.checks ?? trace?.copies.total)?.bytes ?? 0 }

  private mutating func receiveCheck(_ socket: Socket) throws(SystemCallError) {
    check = CopyCheck()
    try submit(
      ZeroCopyReceive(
        descriptor: socket.number, queue: zero.queue.identifier, limit: UInt32(CopyTrace.checkBytes),
        userData: CompletionTag.check.userData))
    var deadline = MonotonicTime.now().adding(seconds: 1)
    var isCancelled = false
    while check?.isOver == false {
      try turn()
      guard MonotonicTime.now() >= deadline else { continue }
      if isCancelled { return }
      isCancelled = true
      deadline = deadline.adding(seconds: 1)
      try submit(Cancellation(of: CompletionTag.check.userData, userData: CompletionTag.cancellation.userData))
    }
  }

  mutating func takeCheck(_ completion: Completion) {
    switch ZeroCopyReceive.outcome(of: completion) {
    case .bytes(let count):
      zero.queue.refill.giveBack(completion.offset)
      check?.arrived += count
      check?.pieces += 1
      check?.isOver = !completion.isMoreToCome
    case .buffersExhausted:
      check?.isShort = true
      check?.isOver = true
    default: check?.isOver = true
    }
  }

  /// Tells the flows what was copied for them.
  @inline(never)
  mutating func noteCopiesOfFlows() {
    for place in 0..<placeCount where places[place].state != .vacant {
      guard let copied = places[place].copied else { continue }
      places[place].counters.pointee.copied.store(copied.bytes, ordering: .relaxed)
    }
  }
}
