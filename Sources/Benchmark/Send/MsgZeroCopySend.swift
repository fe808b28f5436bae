import Glibc
import Linux

/// `msg-zerocopy`: send() with MSG_ZEROCOPY. The kernel's notifications come on the socket's error queue.
struct MsgZeroCopySend: NotifiedSendPath, ~Copyable {
  private let payload: Payload
  private let socket: Socket
  private var write: WriteSend
  private var ledger = NotificationLedger()
  /// Sends after which notifications are looked for: the kernel puts several into one while none is taken.
  private static let lookEvery = 16
  private var sendsToLook = lookEvery

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    try socket.allowZeroCopySends()
    self.payload = payload
    self.socket = socket
    write = WriteSend(payload, on: socket)
  }

  mutating func send(at offset: UInt64, count: Int) -> Int {
    sendsToLook -= 1
    if sendsToLook <= 0 { takeNotifications() }
    if ledger.isFull { return waitForRoom() }
    let sent = socket.sendZeroCopy(payload.bytes(at: offset, count: count))
    if sent > 0 {
      ledger.add(sent)
      return sent
    }
    guard sent == -Int(ENOBUFS) else { return sent }
    ledger.noteRefusal()
    // Notifications to come give back what ran out. With none to come, no waiting makes room for this one.
    return ledger.isSettled ? copy(at: offset, count: count) : waitForRoom()
  }

  private mutating func copy(at offset: UInt64, count: Int) -> Int {
    let sent = write.send(at: offset, count: count)
    if sent > 0 { ledger.add(copied: sent) }
    return sent
  }

  private mutating func waitForRoom() -> Int {
    if !takeNotifications() {
      _ = socket.waitForSendNotification(milliseconds: SendPatience.milliseconds)
      takeNotifications()
    }
    return -Int(EAGAIN)
  }

  /// Whether there were any.
  @discardableResult
  private mutating func takeNotifications() -> Bool {
    sendsToLook = MsgZeroCopySend.lookEvery
    var found = false
    while let notification = socket.takeSendNotification() {
      ledger.settle(notification.first, notification.last, wasCopied: notification.wasCopied)
      found = true
    }
    return found
  }

  mutating func settle(until deadline: MonotonicTime) {
    takeNotifications()
    while !ledger.isSettled {
      let left = deadline.millisecondsLeft(from: .now())
      // What ends a wait without a notification is a connection that failed: there will be none.
      guard left > 0, socket.waitForSendNotification(milliseconds: left), takeNotifications() else { return }
    }
  }

  var isIdle: Bool { true }
  var account: SendAccount? { ledger.account }
}
