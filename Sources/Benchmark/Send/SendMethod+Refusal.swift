import Glibc
import Linux
import SystemPackage
import Uring

extension SendMethod {
  /// Asks the kernel, without sending a byte, whether it would send this way; nil when it would.
  ///
  /// - Parameter length: bytes per call.
  func refusal(length: Int) -> SystemCallError? {
    do throws(SystemCallError) {
      try tryTwice(after: SystemCallError.absences) { () throws(SystemCallError) in try check(length: length) }
      return nil
    } catch {
      return error
    }
  }

  private func check(length: Int) throws(SystemCallError) {
    switch self {
    case .write: break
    case .sendfile: _ = try SendfileSend.file(holding: Pattern())
    case .splice: try SendMethod.trySplice()
    case .msgZeroCopy: try Socket(.ipv4).allowZeroCopySends()
    case .uring: try SendMethod.tryRing(.copying, length: length)
    case .uringZeroCopy: try SendMethod.tryRing(.zeroCopyRegistered, length: length)
    }
  }

  private static func trySplice() throws(SystemCallError) {
    let pattern = Pattern()
    let pipe = try PagePipe(room: 4096)
    let lent = pattern.withPiece(at: 0, count: 4096) { pipe.lend($0) }
    if lent < 0 {
      throw SystemCallError(
        attempt: "lend pages to a pipe", call: "vmsplice", errno: Errno(rawValue: Int32(truncatingIfNeeded: -lent)))
    }
  }

  /// A send on no file at all: what the kernel does not know is refused with EINVAL, before it looks for the file.
  private static func tryRing(_ kind: Send.Kind, length: Int) throws(SystemCallError) {
    let pattern = Pattern()
    var ring = try Ring(entries: 1, options: [.submitAll, .singleIssuer, .deferredWork])
    let bytes = pattern.withPiece(at: 0, count: length) { $0 }
    if kind == .zeroCopyRegistered { try ring.registerBuffer(bytes) }
    _ = ring.prepare(Send(descriptor: -1, bytes: bytes, kind: kind, userData: 0))
    try ring.submit(waitingFor: 1, timeoutNanoseconds: 1_000_000_000)
    var answer: Int32 = 0
    ring.takeCompletions { if !$0.isNotification { answer = $0.result } }
    guard answer != -EINVAL, answer != -EOPNOTSUPP else {
      throw SystemCallError(
        attempt: "send with \(kind == .copying ? "IORING_OP_SEND" : "IORING_OP_SEND_ZC and its report of copies")",
        call: "io_uring_enter", errno: Errno(rawValue: -answer),
        advice: kind == .copying ? nil : "Linux 6.2 is the first that has it")
    }
  }
}

extension SystemCallError {
  /// The kernel does not know what it was asked for, whoever asks.
  var meansAbsence: Bool { Self.absences.contains(errno) }

  fileprivate static let absences: Set<Errno> = [
    .noFunction, .notSupported, .notSupportedOnSocket, .invalidArgument, .protocolNotAvailable,
  ]
}
