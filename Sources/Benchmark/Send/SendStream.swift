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
      let before = ThreadUsage.now()
      do throws(SystemCallError) {
        switch self.plan.method {
        case .write: try self.run(WriteSend.self)
        case .sendfile: try self.run(SendfileSend.self)
        }
      } catch {
        self.result.withLock { $0.failure = error }
      }
      let usage = ThreadUsage.now().since(before)
      self.result.withLock { $0.usage = usage }
      self.counters.isOver.store(true, ordering: .releasing)
      self.plan.changed.signal()
    }
  }

  /// Valid once the thread has been joined, its `failure` as soon as the stream is over.
  var finalResult: Result { result.withLock { $0 } }
  /// Why the stream ended badly; nil when it did not, or has not yet.
  var finalFailure: SystemCallError? { isOver ? finalResult.failure : nil }
  var bytes: UInt64 { counters.bytes.load(ordering: .relaxed) }
  var isOver: Bool { counters.isOver.load(ordering: .acquiring) }

  private func run<Path: SendPath & ~Copyable>(_ kind: Path.Type) throws(SystemCallError) {
    var path = try Path(plan.payload)
    var pacer = Pacer(bitsPerSecond: plan.bitsPerSecond, burst: plan.burst, start: .now())
    let descriptor = socket.number
    let length = plan.length
    let quota = plan.quota
    var sent: UInt64 = 0
    var calls: UInt64 = 0
    while !quota.stop.load(ordering: .relaxed) {
      var left = quota.take(length)
      if left == 0 { return }
      while left > 0 {
        let count = path.send(descriptor, at: sent, count: left)
        calls &+= 1
        if count > 0 {
          sent &+= UInt64(truncatingIfNeeded: count)
          left &-= count
          counters.bytes.store(sent, ordering: .relaxed)
          counters.calls.store(calls, ordering: .relaxed)
        } else if count < 0, errno != EAGAIN, errno != EINTR {
          throw SystemCallError(
            attempt: "send on stream \(id)", call: "\(plan.method.rawValue)", errno: .init(rawValue: errno))
        }
        if quota.stop.load(ordering: .relaxed) { return }
      }
      if pacer?.endsBurst() ?? false { waitUntilDue(&pacer, sent) }
    }
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
  let payload: Payload
  /// Bytes per call.
  let length: Int
  /// Per stream; 0 is unlimited.
  let bitsPerSecond: UInt64
  /// Blocks sent back to back before the rate is looked at.
  let burst: Int
  let quota: SendQuota
  /// Signalled when a stream is over.
  let changed: EventDescriptor
}
