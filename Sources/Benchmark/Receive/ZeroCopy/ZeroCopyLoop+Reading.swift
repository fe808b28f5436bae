import Linux
import SystemPackage
import Trace
import Uring

/// A connection read for the control thread: its bytes lie where only this ring can read them.
struct ZeroCopyRead {
  let socket: Socket
  /// Bytes that may still be read.
  var left: UInt32
  var isStopping = false
  /// Whether anything came since it was armed.
  var hasProgressed = false
  /// Nothing is armed; the loop will do it after the batch.
  var needsArming = false
  /// Nothing is armed, and there was no buffer to copy into: it is armed at the next look.
  var isResting = false
  /// Looks in a row at which it rested.
  var rests: UInt8 = 0
  /// Bytes that were left at the watchdog's last look, and looks in a row at which data was queued and nothing had come.
  var leftWhenLooked: UInt32 = 0
  var looksInVain: UInt8 = 0
  /// What was copied for it, where that is counted by request, and of it what completions have brought.
  let copied: CopyCount?
  var copiedTaken: UInt64 = 0
}

extension ZeroCopyLoop {
  mutating func read(_ token: UInt32, _ socket: Socket, limit: UInt32) throws(SystemCallError) {
    let copied = trace.flatMap { $0.copies.tellsRequests ? $0.copies.probe.takeCount() : nil }
    reads[token] = ZeroCopyRead(socket: socket, left: limit, copied: copied)
    trace?.begin(.read(token), in: copied)
    try armReading(token)
  }

  mutating func stopReading(_ token: UInt32) throws(SystemCallError) {
    guard let read = reads[token] else { return }
    if read.needsArming || read.isResting { return endReading(token, .stopped) }
    reads[token]?.isStopping = true
    try submit(
      Cancellation(of: CompletionTag.read(token).userData, userData: CompletionTag.cancellation.userData))
  }

  mutating func armReading(_ token: UInt32) throws(SystemCallError) {
    guard let read = reads[token] else { return }
    reads[token]?.hasProgressed = false
    reads[token]?.needsArming = false
    try submit(
      ZeroCopyReceive(
        descriptor: read.socket.number, queue: zero.queue.identifier, limit: read.left,
        userData: CompletionTag.read(token).userData))
  }

  mutating func take(_ completion: Completion, ofReading token: UInt32) throws(SystemCallError) {
    guard let read = reads[token] else { return }
    switch ZeroCopyReceive.outcome(of: completion) {
    case .bytes(let count):
      totals.beside &+= UInt64(count)
      let copied = copiedBytes(ofReading: token, count)
      post(.bytes(token: token, [UInt8](intake.payload(at: completion.offset, count: count)), copied: copied))
      zero.queue.refill.giveBack(completion.offset)
      reads[token]?.left = read.left - min(read.left, UInt32(count))
      reads[token]?.hasProgressed = true
      if !completion.isMoreToCome { endReading(token, .done) }
    case .end: endReading(token, .done)
    case .cancelled where !read.isStopping:
      rearms.watchdog &+= 1
      armReadingLater(token)
    case .cancelled: endReading(token, .stopped)
    case .failed(.badAddress) where !isStrict: endReading(token, .otherRing)
    case .completionsFull where !read.isStopping && read.left > 0:
      rearms.completionQueueFull &+= 1
      armReadingLater(token)
    case .buffersExhausted: try readOn(token, isShort: true)
    case .completionsFull, .failed(.badAddress): try readOn(token, isShort: false)
    case .failed(let errno): endReading(token, .failed(errno))
    }
  }

  /// The kernel ran out of something: buffers go back first, and where that did not help recv() takes the bytes.
  ///
  /// - Parameter isShort: it wanted to copy, and found no buffer.
  private mutating func readOn(_ token: UInt32, isShort: Bool) throws(SystemCallError) {
    guard let read = reads[token] else { return }
    if read.isStopping { return endReading(token, .stopped) }
    guard read.left > 0 else { return endReading(token, .done) }
    try flush()
    if !read.hasProgressed {
      switch read.socket.receive(atMost: Int(min(read.left, 65_536))) {
      case .bytes(let bytes):
        post(.bytes(token: token, bytes, copied: bytes.count))
        reads[token]?.left = read.left - UInt32(bytes.count)
        if read.left == UInt32(bytes.count) { return endReading(token, .done) }
      case .nothing: break
      case .endOfStream: return endReading(token, .done)
      case .failed(.badAddress) where isShort: return restReading(token)
      case .failed(.badAddress): return endReading(token, .otherRing)
      case .failed(let errno): return endReading(token, .failed(errno))
      }
    }
    armReadingLater(token)
  }

  /// A buffer may yet come free, unless there is nothing to copy into.
  private mutating func restReading(_ token: UInt32) {
    guard let read = reads[token], !isStrict, read.rests < ZeroCopyLoop.mostRests else {
      return endReading(token, .unreadable(ZeroCopyShortage(isStrict: isStrict)))
    }
    reads[token]?.rests += 1
    reads[token]?.isResting = true
  }

  private mutating func armReadingLater(_ token: UInt32) {
    reads[token]?.needsArming = true
    needsAttention = true
  }

  /// The watchdog's look at what is read for the control thread (`look`).
  mutating func lookAt(reading token: UInt32) throws(SystemCallError) {
    guard let read = reads[token], !read.isStopping, !read.needsArming else { return }
    if read.isResting {
      reads[token]?.isResting = false
      return armReadingLater(token)
    }
    reads[token]?.leftWhenLooked = read.left
    guard read.left == read.leftWhenLooked, queuedBytes(read.socket.number) > 0 else {
      reads[token]?.looksInVain = 0
      return
    }
    reads[token]?.looksInVain += 1
    guard read.looksInVain + 1 >= ZeroCopyLoop.patience else { return }
    reads[token]?.looksInVain = 0
    try submit(
      Cancellation(of: CompletionTag.read(token).userData, userData: CompletionTag.cancellation.userData))
  }

  private mutating func endReading(_ token: UInt32, _ end: ReadingEnd) {
    reads[token] = nil
    trace?.end(.read(token))
    post(.readingEnded(token: token, end))
  }
}
