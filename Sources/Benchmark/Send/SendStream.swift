import Glibc
import Linux
import Metering
import Synchronization
import SystemPackage

/// One sending thread and its connection.
final class SendStream: Sendable {
  let id: Int
  let socket: Socket
  let counters = SendCounters()
  /// The CPU it is bound to; nil leaves it to the scheduler.
  let cpu: Int?
  private let plan: SendPlan
  private let result = Mutex(Result())

  struct Result: Sendable {
    var usage = ThreadUsage()
    var pinRefusal: SystemCallError?
    var failure: SystemCallError?
    /// Valid once the thread has been joined.
    var account: SendAccount?
  }

  init(id: Int, socket: Socket, cpu: Int?, plan: SendPlan) {
    self.id = id
    self.socket = socket
    self.cpu = cpu
    self.plan = plan
  }

  func start() throws(SystemCallError) -> PinnedThread {
    try PinnedThread(name: "send-\(id)", cpu: cpu) { refusal in
      self.result.withLock { $0.pinRefusal = refusal }
      switch (self.plan.method, self.plan.isProbing) {
      case (.write, _): self.run(WriteSend.self)
      case (.sendfile, _): self.run(SendfileSend.self)
      case (.splice, _): self.run(SpliceSend.self)
      case (.msgZeroCopy, false): self.run(MsgZeroCopySend.self)
      case (.msgZeroCopy, true): self.run(ProbingSend<MsgZeroCopySend>.self)
      case (.uring, _): self.run(UringSend.self)
      case (.uringZeroCopy, false): self.run(UringZeroCopySend.self)
      case (.uringZeroCopy, true): self.run(ProbingSend<UringZeroCopySend>.self)
      }
    }
  }

  /// Valid as soon as the stream is over.
  var finalResult: Result { result.withLock { $0 } }
  /// Why the stream ended badly; nil when it did not, or has not yet.
  var finalFailure: SystemCallError? { isOver ? finalResult.failure : nil }
  var bytes: UInt64 { counters.bytes.load(ordering: .relaxed) }
  var isOver: Bool { counters.isOver.load(ordering: .acquiring) }

  /// Seconds the kernel has to tell of what was sent, once sending is over. It does so when the peer has acknowledged it.
  private static let timeToSettle = 0.5

  private func run<Path: SendPath & ~Copyable>(_ kind: Path.Type) {
    let before = ThreadUsage.now()
    do throws(SystemCallError) {
      var path = try Path(plan.payload, to: socket)
      let failure = send(&path)
      end(failure, since: before)
      path.settle(until: .now().adding(seconds: SendStream.timeToSettle))
      let account = path.account
      result.withLock { $0.account = account }
    } catch {
      end(error, since: before)
    }
  }

  /// Sending is over; what follows is no part of the test any more.
  private func end(_ failure: SystemCallError?, since before: ThreadUsage) {
    let usage = ThreadUsage.now().since(before)
    result.withLock {
      $0.failure = failure
      $0.usage = usage
    }
    counters.isOver.store(true, ordering: .releasing)
    plan.changed.signal()
  }

  private func send<Path: SendPath & ~Copyable>(_ path: inout Path) -> SystemCallError? {
    var pacer = Pacer(bitsPerSecond: plan.bitsPerSecond, burst: plan.burst, start: .now())
    let length = plan.payload.length
    let quota = plan.quota
    var sent: UInt64 = 0
    var calls: UInt64 = 0
    var retries: UInt64 = 0
    var failure: Int32 = 0
    sending: while !quota.stop.load(ordering: .relaxed) {
      var left = quota.take(length)
      if left == 0 { break }
      while left > 0 {
        let count = path.send(at: sent, count: left)
        calls &+= 1
        if count > 0 {
          sent &+= UInt64(truncatingIfNeeded: count)
          left &-= count
          counters.bytes.store(sent, ordering: .relaxed)
          counters.calls.store(calls, ordering: .relaxed)
        } else if count == -Int(EAGAIN) || count == -Int(EINTR) || count == 0 {
          retries &+= 1
          counters.retries.store(retries, ordering: .relaxed)
        } else {
          failure = Int32(truncatingIfNeeded: -count)
          break sending
        }
        if quota.stop.load(ordering: .relaxed) { break sending }
      }
      if pacer?.endsBurst() ?? false { waitUntilDue(&pacer, sent) }
    }
    sent &+= UInt64(path.stop())
    counters.bytes.store(sent, ordering: .relaxed)
    counters.calls.store(calls, ordering: .relaxed)
    guard failure != 0 else { return nil }
    return SystemCallError(
      attempt: "send on stream \(id)", call: plan.method.rawValue, errno: .init(rawValue: failure))
  }

  private func waitUntilDue(_ pacer: inout Pacer?, _ sent: UInt64) {
    while !plan.quota.stop.load(ordering: .relaxed), let pause = pacer?.pause(sent: sent, now: .now()), pause > 0 {
      var time = timespec(tv_sec: 0, tv_nsec: Int(pause))
      nanosleep(&time, nil)
    }
  }
}

/// What every stream of a test shares.
struct SendPlan: Sendable {
  let method: SendMethod
  /// A notified method is left for `write` where the kernel copies after all.
  let isProbing: Bool
  let payload: Payload
  /// Per stream; 0 is unlimited.
  let bitsPerSecond: UInt64
  /// Blocks sent back to back before the rate is looked at.
  let burst: Int
  let quota: SendQuota
  /// Signalled when a stream is over.
  let changed: EventDescriptor
}
