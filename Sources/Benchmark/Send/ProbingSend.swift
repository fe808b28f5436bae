import Linux
import SystemPackage

/// Sends without a copy until the kernel's notifications say that it copies after all, and with `write` from then on. The
/// stream's own first bytes are the probe.
struct ProbingSend<Path: NotifiedSendPath & ~Copyable>: SendPath, ~Copyable {
  private var path: Path?
  private var write: WriteSend
  private var verdict = Verdict.open
  private var reasonToWrite: String?
  private var copiedByCalls: UInt64 = 0
  /// Notifications that are enough to judge by.
  static var enough: UInt64 { 8 }

  private enum Verdict {
    case open
    case stay
    case leave
  }

  init(_ payload: Payload, to socket: Socket) throws(SystemCallError) {
    write = WriteSend(payload, on: socket)
    do throws(SystemCallError) {
      path = try Path(payload, to: socket)
    } catch {
      path = nil
      verdict = .leave
      reasonToWrite = "\(error)"
    }
  }

  mutating func send(at offset: UInt64, count: Int) -> Int {
    if verdict == .open { judge() }
    guard verdict == .leave else {
      let sent = path?.send(at: offset, count: count) ?? 0
      if sent >= 0 || !giveUp(after: Errno(rawValue: Int32(truncatingIfNeeded: -sent))) { return sent }
      return sendCopying(at: offset, count: count)
    }
    return sendCopying(at: offset, count: count)
  }

  private mutating func sendCopying(at offset: UInt64, count: Int) -> Int {
    let sent = write.send(at: offset, count: count)
    if sent > 0 { copiedByCalls &+= UInt64(sent) }
    return sent
  }

  private mutating func judge() {
    guard let isIdle = path?.isIdle, isIdle, let account = path?.account,
      account.notified >= ProbingSend.enough
    else { return }
    guard account.notifiedCopied * 2 > account.notified else {
      verdict = .stay
      return
    }
    verdict = .leave
    reasonToWrite =
      "the kernel says it copied \(account.notifiedCopied) of the first \(account.notified) sends"
  }

  /// Whether the kernel would not send at all this way; errors of the connection are the same in any way.
  private mutating func giveUp(after error: Errno) -> Bool {
    switch error {
    case .notSupported, .notSupportedOnSocket, .notPermitted, .noMemory, .invalidArgument, .noFunction:
      guard path?.isIdle ?? true else { return false }
      verdict = .leave
      reasonToWrite = "the kernel refused to send without a copy: \(error)"
      return true
    default: return false
    }
  }

  mutating func stop() -> Int { path?.stop() ?? 0 }
  mutating func settle(until deadline: MonotonicTime) { path?.settle(until: deadline) }

  var account: SendAccount? {
    mutating get {
      var account = path?.account ?? SendAccount()
      account.copiedByCalls &+= copiedByCalls
      account.reasonToWrite = reasonToWrite
      return account
    }
  }
}
