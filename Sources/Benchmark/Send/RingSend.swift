import Glibc
import Linux
import SystemPackage
import Uring

/// One send at a time through a ring of the stream's own, for the paths of io_uring.
struct RingSend: ~Copyable {
  private var ring: Ring
  private let socket: Socket
  /// A send is with the kernel that it has not answered yet.
  private(set) var isUnderWay = false
  private var answer: Int32?
  private var ledger = NotificationLedger()
  private let kind: Send.Kind
  /// Completions the ring holds: notifications of all sends there may be, and some answers.
  private static let completions = UInt32(NotificationLedger.capacity * 2)
  private static let cancellation = UInt64.max

  /// - Throws: what the kernel refuses a ring or a registered buffer with.
  init(_ kind: Send.Kind, source: UnsafeRawBufferPointer, to socket: Socket) throws(SystemCallError) {
    self.kind = kind
    self.socket = socket
    let ring = try Ring(
      entries: 4, completionEntries: kind == .copying ? nil : RingSend.completions,
      options: [.submitAll, .singleIssuer, .deferredWork])
    if kind == .zeroCopyRegistered { try ring.registerBuffer(source) }
    self.ring = ring
  }

  /// Sends `bytes`, or goes on waiting for the send that is under way: the bytes taken, or -errno.
  mutating func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    if !isUnderWay {
      if ledger.isFull { return wait(for: 1) ?? -Int(EAGAIN) }
      let send = Send(descriptor: socket.number, bytes: bytes, kind: kind, userData: UInt64(ledger.next))
      guard ring.prepare(send) else { return -Int(EBUSY) }
      isUnderWay = true
    }
    let failure = wait(for: 1)
    guard let taken = takeAnswer() else { return failure ?? -Int(EAGAIN) }
    // Notifications to come give back what ran out.
    if kind != .copying, taken == -Int(ENOMEM) || taken == -Int(ENOBUFS), !ledger.isSettled {
      return wait(for: 1) ?? -Int(EAGAIN)
    }
    return taken
  }

  private mutating func takeAnswer() -> Int? {
    guard let answer else { return nil }
    self.answer = nil
    return Int(answer)
  }

  /// Waits for completions and takes those that are there; -errno when the kernel would not be waited for.
  private mutating func wait(for completions: UInt32, nanoseconds: Int64 = SendPatience.nanoseconds) -> Int? {
    do throws(SystemCallError) {
      _ = try ring.enter(waitingFor: completions, timeoutNanoseconds: nanoseconds)
    } catch {
      return -Int(error.errno.rawValue)
    }
    takeCompletions()
    return nil
  }

  private mutating func takeCompletions() {
    var batch = ring.completions()
    while let completion = batch.next() { take(completion) }
    ring.release(batch)
  }

  private mutating func take(_ completion: Completion) {
    if completion.userData == RingSend.cancellation { return }
    if completion.isNotification {
      let number = UInt32(truncatingIfNeeded: completion.userData)
      ledger.settle(number, number, wasCopied: completion.wasCopied)
      return
    }
    isUnderWay = false
    answer = completion.result
    // A notification follows, also of a send that failed.
    if completion.isMoreToCome { ledger.add(Int(max(0, completion.result))) }
    if completion.result == -ENOMEM || completion.result == -ENOBUFS { ledger.noteRefusal() }
  }

  /// Cancels the send that is under way; how much of it was sent nevertheless.
  mutating func stop() -> Int {
    guard isUnderWay else { return 0 }
    _ = ring.prepare(Cancellation(of: UInt64(ledger.next), userData: RingSend.cancellation))
    // A poll that is cancelled answers at once; what cannot be cancelled is under the kernel's hands and about to answer.
    let deadline = MonotonicTime.now().adding(seconds: 5)
    while isUnderWay, MonotonicTime.now() < deadline {
      if wait(for: 1) != nil { break }
    }
    return max(0, takeAnswer() ?? 0)
  }

  mutating func settle(until deadline: MonotonicTime) {
    while !ledger.isSettled {
      let left = deadline.nanoseconds - MonotonicTime.now().nanoseconds
      guard left > 0, wait(for: 1, nanoseconds: left) == nil else { return }
    }
  }

  var account: SendAccount { ledger.account }
}

/// `uring`: io_uring's SEND, which copies.
struct UringSend: SendPath, ~Copyable {
  private let payload: Payload
  private var sender: RingSend

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    self.payload = payload
    sender = try RingSend(.copying, source: payload.wholeSource, to: socket)
  }

  mutating func send(at offset: UInt64, count: Int) -> Int { sender.send(payload.bytes(at: offset, count: count)) }
  mutating func stop() -> Int { sender.stop() }
}

/// `uring-zc`: io_uring's SEND_ZC from the pattern as the ring's registered buffer.
struct UringZeroCopySend: NotifiedSendPath, ~Copyable {
  private let payload: Payload
  private var sender: RingSend

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    self.payload = payload
    sender = try RingSend(.zeroCopyRegistered, source: payload.wholeSource, to: socket)
  }

  mutating func send(at offset: UInt64, count: Int) -> Int { sender.send(payload.bytes(at: offset, count: count)) }
  mutating func stop() -> Int { sender.stop() }
  mutating func settle(until deadline: MonotonicTime) { sender.settle(until: deadline) }
  var isIdle: Bool { !sender.isUnderWay }
  var account: SendAccount? { sender.account }
}
