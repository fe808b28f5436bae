import Linux
import Metering
import Report
import Synchronization

/// One receiving thread and its mail. The control thread hands flows over and stops it; the thread owns its path alone.
final class ReceiveWorker: Sendable {
  let index: Int
  /// The CPU it is bound to; nil leaves it to the scheduler.
  let cpu: Int?
  private let setup: ReceiveSetup
  private let mail = Mutex(Mail())

  private struct Mail {
    var arriving: [Flow] = []
    var stop = false
    var served: [Int] = []
    var result = Result()
  }

  /// What is left of a worker once it has been joined.
  struct Result: Sendable {
    var usage = ThreadUsage()
    var tallies: ReceiveTallies?
    /// Why it could not be bound to its CPU.
    var pinRefusal: SystemCallError?
    /// Why it could not receive at all, or a flow could not be taken in.
    var failure: SystemCallError?
  }

  init(index: Int, cpu: Int?, setup: ReceiveSetup) {
    self.index = index
    self.cpu = cpu
    self.setup = setup
  }

  func start(_ path: WorkerPath) throws(SystemCallError) -> PinnedThread {
    try PinnedThread(name: "receive-\(index)", cpu: cpu) { refusal in
      self.mail.withLock { $0.result.pinRefusal = refusal }
      switch path {
      case .epoll: self.run(ReadinessLoop<EpollReceive>.self)
      case .discard: self.run(ReadinessLoop<DiscardReceive>.self)
      case .uring: self.run(UringReceive.self)
      case .mmap: self.run(ReadinessLoop<MappedReceive>.self)
      }
    }
  }

  func handOver(_ flow: Flow) {
    mail.withLock {
      $0.arriving.append(flow)
      $0.served.append(flow.id)
    }
    setup.wake.signal()
  }

  func requestStop() {
    mail.withLock { $0.stop = true }
    setup.wake.signal()
  }

  /// Valid once the thread has been joined.
  var result: Result { mail.withLock { $0.result } }
  var servedStreams: [Int] { mail.withLock { $0.served } }
  var hasFailed: Bool { mail.withLock { $0.result.failure != nil } }

  private func run<Path: ReceivePath & ~Copyable>(_ path: Path.Type) {
    let before = ThreadUsage.now()
    do throws(SystemCallError) {
      var path = try Path(setup)
      while try takeMail(into: &path) { try path.receiveUntilWoken() }
      try path.leave()
      let tallies = path.tallies
      mail.withLock { $0.result.tallies = tallies }
    } catch {
      mail.withLock { $0.result.failure = error }
      setup.changed.signal()
    }
    let usage = ThreadUsage.now().since(before)
    mail.withLock { $0.result.usage = usage }
  }

  /// Takes in the flows that have arrived; false when the worker is to stop.
  private func takeMail<Path: ReceivePath & ~Copyable>(into path: inout Path) throws(SystemCallError) -> Bool {
    // A function of its own, so that no reference to a flow lives on while the path receives: it would keep the socket
    // of a flow that has ended open, and its peer waiting, until other mail comes.
    let (arriving, stop) = mail.withLock { mail in
      setup.wake.clear()
      defer { mail.arriving = [] }
      return (mail.arriving, mail.stop)
    }
    if stop { return false }
    for flow in arriving { try path.adopt(flow) }
    return true
  }
}
