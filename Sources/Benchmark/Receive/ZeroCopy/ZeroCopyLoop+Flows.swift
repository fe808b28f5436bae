import Glibc
import Linux
import Report
import SystemPackage
import Uring

/// How a flow is armed, what its ends mean, and how it goes on.
extension ZeroCopyLoop {
  mutating func receive(_ flow: Flow, copying: Bool) throws(SystemCallError) {
    let place = admit(flow)
    places[place].bytesWhenLooked = places[place].bytes
    try copying ? poll(place) : arm(place)
  }

  mutating func arm(_ place: Int) throws(SystemCallError) {
    places[place].bytesWhenArmed = places[place].bytes
    places[place].state = .armed
    places[place].cause = .none
    try submit(
      ZeroCopyReceive(
        descriptor: places[place].descriptor, queue: zero.queue.identifier,
        userData: CompletionTag.flow(place).userData))
  }

  /// RECV_ZC of a flow has ended. What is to be done waits until the batch is through and its buffers are given back.
  mutating func takeEnd(_ completion: Completion, at place: Int) {
    guard place < placeCount, places[place].state != .vacant else { return }
    let wasCancelled = places[place].state == .cancelling
    func attendLater(_ cause: ZeroCopyFlow.Cause) {
      places[place].state = .ended
      places[place].cause = cause
      needsAttention = true
    }
    switch ZeroCopyReceive.outcome(of: completion) {
    case .bytes:
      // No kernel ends with a piece of data; were one to, its bytes count and the flow goes on.
      let size = UInt64(UInt32(bitPattern: completion.result))
      places[place].counters.pointee.bytes.wrappingAdd(size, ordering: .relaxed)
      zero.queue.refill.giveBack(completion.offset)
      totals.beside &+= size
      if !completion.isMoreToCome { attendLater(.other) }
    case .end:
      if !finishAtEnd(place) { attendLater(.other) }
    case .completionsFull:
      rearms.completionQueueFull &+= 1
      attendLater(.completionQueueFull)
    case .buffersExhausted:
      rearms.noBuffer &+= 1
      attendLater(.noBuffer)
    case .cancelled where places[place].isLeaving: finish(leaving: place)
    case .cancelled:
      rearms.watchdog &+= 1
      attendLater(.watchdog)
    case .failed(.badAddress):
      rearms.otherRing &+= 1
      attendLater(.otherRing)
    case .failed(.interrupted), .failed(.resourceTemporarilyUnavailable):
      rearms.other &+= 1
      attendLater(.other)
    case .failed(let errno): finish(place, .failed, error: errno.rawValue)
    }
    if wasCancelled, places[place].isLeaving, places[place].state == .ended { finish(leaving: place) }
  }

  /// Sees to the flows whose RECV_ZC has ended.
  ///
  /// While completions wait outside of the completion queue, every RECV_ZC ends at once for want of room (ENOSPC), and its
  /// end waits there too: with more flows than the queue has entries, arming them all the same would go on for ever.
  mutating func attend() throws(SystemCallError) {
    for token in Array(reads.keys) where reads[token]?.needsArming ?? false {
      guard !zero.ring.hasOverflow else { return attendLater(from: 0) }
      try armReading(token)
    }
    let first = firstToAttend < placeCount ? firstToAttend : 0
    firstToAttend = 0
    for step in 0..<placeCount {
      let place = first + step < placeCount ? first + step : first + step - placeCount
      guard places[place].state == .ended else { continue }
      guard !zero.ring.hasOverflow else { return attendLater(from: place) }
      switch places[place].cause {
      case .noBuffer: try goOnWithoutBuffer(place)
      case .otherRing: try goOnElsewhere(place)
      case .watchdog where places[place].isGivingUp: try goOnByCopy(place)
      case .watchdog, .completionQueueFull, .other, .none: try arm(place)
      }
    }
  }

  private mutating func attendLater(from place: Int) {
    firstToAttend = place
    needsAttention = true
  }

  /// The kernel had to copy and found no buffer. Once ours are back it may have some, and where it got on in between it is
  /// simply asked again. Where it did not, the bytes at the head of the socket are in ordinary memory: recv() takes them.
  private mutating func goOnWithoutBuffer(_ place: Int) throws(SystemCallError) {
    try flush()
    if places[place].bytes > places[place].bytesWhenArmed {
      places[place].skip = 1
      // Once no buffer came in all that time, waiting is not tried for every packet anew.
      if places[place].rests < ZeroCopyLoop.mostRests { places[place].rests = 0 }
      return try arm(place)
    }
    // Not all of it, so that the ring's other flows have their turn.
    switch drain(place, atMost: 1 << 20) {
    case .took: try arm(place)
    case .nothing: try arm(place)
    case .endOfStream: finish(place, .ended)
    case .failed(let errno): finish(place, .failed, error: errno)
    case .unreadable:
      // Not the one, not the other: a packet of which a part lies in ordinary memory. A buffer to copy it into may yet come
      // free, unless there is nothing to copy into or the driver has them all.
      if isStrict || places[place].rests >= ZeroCopyLoop.mostRests {
        try giveUpBytes(place)
      } else {
        places[place].rests += 1
        places[place].state = .resting
      }
    }
  }

  /// Lets bytes go that neither way can read, as few as is possible without knowing how many they are.
  private mutating func giveUpBytes(_ place: Int) throws(SystemCallError) {
    let count = recv(places[place].descriptor, nil, places[place].skip, Int32(MSG_DONTWAIT | MSG_TRUNC))
    guard count > 0 else {
      places[place].state = .resting
      return
    }
    if !hasGivenUpBytes {
      hasGivenUpBytes = true
      remarks.append("bytes that arrived could not be read: \(ZeroCopyShortage(isStrict: isStrict))")
    }
    places[place].counters.pointee.lost.wrappingAdd(UInt64(count), ordering: .relaxed)
    places[place].skip = min(places[place].skip * 2, 4096)
    try arm(place)
  }

  /// RECV_ZC brings nothing although there is data: recv() takes what comes from here on.
  private mutating func goOnByCopy(_ place: Int) throws(SystemCallError) {
    let counters = places[place].counters
    counters.pointee.copyingFrom.store(places[place].bytes, ordering: .relaxed)
    try poll(place)
  }

  /// The bytes lie in the memory of another ring; or, in an area nothing can be copied into, 6.16 and 6.17 say the same of
  /// bytes in ordinary memory, which recv() takes.
  private mutating func goOnElsewhere(_ place: Int) throws(SystemCallError) {
    if isStrict, drain(place, atMost: 1 << 20) == .took { return try arm(place) }
    misplaced(place)
  }

  private mutating func misplaced(_ place: Int) {
    guard let flow = owners[place] else { return }
    vacate(place)
    post(.misplaced(flow))
  }

  // MARK: Watching

  /// Looks for flows that have data queued and bring nothing: kernels without the early-stop fix leave RECV_ZC armed and
  /// silent when a resource ran out half-way (docs/zero-copy.md). Cancelled and armed again they go on.
  mutating func look() throws(SystemCallError) {
    try armEvents()
    for place in 0..<placeCount {
      switch places[place].state {
      case .armed: try lookAt(place)
      case .resting:
        places[place].state = .ended
        places[place].cause = .noBuffer
        needsAttention = true
      case .vacant, .cancelling, .ended, .copying: break
      }
    }
    for token in Array(reads.keys) { try lookAt(reading: token) }
  }

  /// Bytes a socket has for whoever reads it; 0 where it cannot be asked.
  func queuedBytes(_ descriptor: Int32) -> Int32 {
    var queued: Int32 = 0
    return ioctl(descriptor, UInt(FIONREAD), &queued) == 0 ? queued : 0
  }

  private mutating func lookAt(_ place: Int) throws(SystemCallError) {
    let bytes = places[place].bytes
    defer { places[place].bytesWhenLooked = bytes }
    guard bytes == places[place].bytesWhenLooked else {
      noteCure(of: place)
      places[place].looksInVain = 0
      return
    }
    guard queuedBytes(places[place].descriptor) > 0 else {
      places[place].looksInVain = 0
      return
    }
    places[place].looksInVain += 1
    guard places[place].looksInVain >= ZeroCopyLoop.patience else { return }
    places[place].looksInVain = 0
    places[place].cures &+= 1
    if places[place].cures > ZeroCopyLoop.mostCures { places[place].isGivingUp = true }
    try cancel(place)
  }

  /// Counts a stall that is over: there are bytes again after it was cancelled and armed.
  mutating func noteCure(of place: Int) {
    guard places[place].cures > 0, places[place].bytes > places[place].bytesWhenLooked else { return }
    stallsCured &+= 1
    places[place].cures = 0
  }

  mutating func cancel(_ place: Int) throws(SystemCallError) {
    let isCopying = places[place].state == .copying
    if !isCopying { places[place].state = .cancelling }
    let target = isCopying ? CompletionTag.readable(place) : CompletionTag.flow(place)
    try submit(
      Cancellation(of: target.userData, userData: CompletionTag.cancellation.userData))
  }

  // MARK: Leaving

  /// Ends every flow that is still open, without telling: whoever asked for it knows.
  mutating func leaveAll() throws(SystemCallError) {
    for place in 0..<placeCount {
      switch places[place].state {
      case .vacant: break
      case .ended, .resting: finish(leaving: place)
      case .armed, .copying:
        places[place].isLeaving = true
        try cancel(place)
      case .cancelling: places[place].isLeaving = true
      }
    }
    let deadline = MonotonicTime.now().adding(seconds: 5)
    while occupied > 0, MonotonicTime.now() < deadline { try turn() }
    if occupied > 0 { remarks.append("\(occupied.counted("stream")) could not be cancelled within 5 s") }
  }

  private mutating func finish(leaving place: Int) {
    vacate(place)
  }
}
