import Linux
import Metering
import NetworkInterface
import Report
import Synchronization
import SystemPackage
import Uring

/// A thread with a ring and a zero-copy queue of its own, from the server's start to its end: the queue is bound all that
/// time, so that no packet of a test finds it unbound.
final class ZeroCopyWorker: Sendable {
  let index: Int
  /// The interface's receive queue; nil without a device.
  let queue: Int?
  let cpu: Int?
  let tally = RingTally()
  private let setup: ZeroCopySetup
  private let wake: EventDescriptor
  /// Signalled for the control thread: news, or a flow that has ended.
  private let changed: EventDescriptor
  /// Signalled when the thread has registered, has ended a test, or has failed.
  private let answered: EventDescriptor
  private let mail = Mutex(Mail())

  private struct Mail {
    var orders: [ZeroCopyOrder] = []
    var news: [ZeroCopyNews] = []
    var registration: Registration = .pending
    /// Copies are counted, as far as is known; and how many orders to do so have been carried out, and given.
    var isTraced = false
    var traces: (done: Int, ordered: Int) = (0, 0)
    var results: [ZeroCopyResult] = []
    var failure: SystemCallError?
    var pinRefusal: SystemCallError?
  }

  enum Registration: Sendable {
    case pending
    case done(ZeroCopyQueueReport, PollingOutcome)
    case refused(ZeroCopyRegistrationError)
  }

  init(
    index: Int, queue: Int?, cpu: Int?, setup: ZeroCopySetup, changed: EventDescriptor
  ) throws(SystemCallError) {
    self.index = index
    self.queue = queue
    self.cpu = cpu
    self.setup = setup
    self.changed = changed
    wake = try EventDescriptor()
    answered = try EventDescriptor()
  }

  func start() throws(SystemCallError) -> PinnedThread {
    try PinnedThread(name: "zero-copy-\(index)", cpu: cpu) { refusal in
      self.mail.withLock { $0.pinRefusal = refusal }
      self.run()
    }
  }

  // MARK: The control thread's side

  func order(_ order: ZeroCopyOrder) {
    let isServed = mail.withLock { mail in
      guard mail.failure != nil else {
        mail.orders.append(order)
        if case .trace = order { mail.traces.ordered += 1 }
        return true
      }
      switch order {
      case .receive(let flow, _): mail.news.append(.stranded(flow))
      // What was counted before it failed is no part of this test.
      case .begin: mail.results = []
      case .read(let token, _, _): mail.news.append(.readingEnded(token: token, .otherRing))
      case .trace, .stopReading, .end, .close: break
      }
      return false
    }
    if isServed { wake.signal() } else { changed.signal() }
  }

  func takeNews() -> [ZeroCopyNews] {
    mail.withLock { mail in
      defer { mail.news = [] }
      return mail.news
    }
  }

  var failure: SystemCallError? { mail.withLock { $0.failure } }
  var pinRefusal: SystemCallError? { mail.withLock { $0.pinRefusal } }

  /// Whether the queue was registered.
  var hasRegistered: Bool {
    if case .done = mail.withLock({ $0.registration }) { true } else { false }
  }

  /// Waits until the queue is registered or refused.
  func waitForRegistration() -> Registration {
    while true {
      let registration = mail.withLock { $0.registration }
      if case .pending = registration {
        _ = answered.wait(until: .now().adding(seconds: 1))
        answered.clear()
      } else {
        return registration
      }
    }
  }

  var isTraced: Bool { mail.withLock { $0.isTraced } }

  /// Waits until the last order to count copies has been carried out, for some seconds at most.
  func waitForTrace() {
    let deadline = MonotonicTime.now().adding(seconds: 5)
    while MonotonicTime.now() < deadline, mail.withLock({ $0.failure == nil && $0.traces.done < $0.traces.ordered }) {
      _ = answered.wait(until: deadline)
      answered.clear()
    }
  }

  /// Waits for what was counted since `begin`; nil when the worker has failed.
  func waitForResult() -> ZeroCopyResult? {
    let deadline = MonotonicTime.now().adding(seconds: 10)
    while MonotonicTime.now() < deadline {
      let (result, hasFailed) = mail.withLock { ($0.results.popLast(), $0.failure != nil) }
      if result != nil || hasFailed { return result }
      _ = answered.wait(until: deadline)
      answered.clear()
    }
    return nil
  }

  // MARK: The thread

  private func run() {
    var ring: ZeroCopyRing?
    do throws(ZeroCopyRegistrationError) {
      ring = try register()
    } catch {
      mail.withLock { $0.registration = .refused(error) }
      answered.signal()
      return
    }
    guard let registered = ring.take() else { return }
    let blank = blankReport(registered.queue, completionEntries: registered.ring.completionCapacity)
    let polling = polling(of: registered)
    mail.withLock { $0.registration = .done(blank, polling.outcome) }
    answered.signal()
    var loop = ZeroCopyLoop(
      registered, wake: wake, flowEnded: changed, tally: tally, polling: polling, failsAfter: setup.failsAfter
    ) { news in
      self.mail.withLock { $0.news.append(news) }
      self.changed.signal()
    }
    var test = (usage: ThreadUsage.now(), baseline: ZeroCopyBaseline())
    do throws(SystemCallError) {
      try serve(&loop, &test, blank)
    } catch {
      let result = loop.result(since: test.baseline, usage: ThreadUsage.now().since(test.usage), blank)
      let (flows, reads) = (loop.owners.compactMap { $0 }, Array(loop.reads.keys))
      // The ring goes first: as long as it is there, RECV_ZC may take bytes of the flows.
      _ = consume loop
      giveUp(error, result, flows, reads)
    }
  }

  /// Tells the control thread what is left of a worker that cannot go on.
  private func giveUp(_ error: SystemCallError, _ result: ZeroCopyResult, _ flows: [Flow], _ reads: [UInt32]) {
    mail.withLock { mail in
      mail.failure = error
      mail.results.append(result)
      mail.news += flows.map { .stranded($0) }
      mail.news += reads.map { .readingEnded(token: $0, .failed(error.errno)) }
      for case .receive(let flow, _) in mail.orders { mail.news.append(.stranded(flow)) }
      mail.orders = []
    }
    changed.signal()
    answered.signal()
  }

  private func register() throws(ZeroCopyRegistrationError) -> ZeroCopyRing {
    let deadline = MonotonicTime.now().adding(seconds: setup.longestUnbinding)
    // The kernel refuses more submissions than completions (io_uring_setup(2), IORING_SETUP_CQSIZE).
    let submissions = min(256, setup.completionEntries)
    while true {
      do throws(ZeroCopyRegistrationError) {
        return try ZeroCopyRing(
          setup.options(for: queue), submissionEntries: submissions, completionEntries: setup.completionEntries,
          ringOptions: setup.mixedCompletions ? .zeroCopyReceiveMixed : .zeroCopyReceive)
      } catch {
        // A previous holder may be dying: closing a ring only schedules the unbinding.
        guard error.errno == .fileExists, MonotonicTime.now() < deadline else { throw error }
        pause(seconds: 0.02)
      }
    }
  }

  /// Asked for once the queue is registered, which may have given it another NAPI instance.
  private func polling(of zero: borrowing ZeroCopyRing) -> RingPolling {
    var polling = RingPolling()
    polling.wait(
      setup.polling.minimumWait, isPossible: zero.ring.hasMinimumWait,
      completionEntries: zero.ring.completionCapacity,
      buffers: zero.queue.areaSize / Int(zero.queue.bufferLength))
    let service = setup.device.flatMap { device in
      queue.flatMap { setup.polling.busyPoll == nil ? nil : QueueService.read([$0], of: device.index).first }
    }
    polling.poll(setup.polling.busyPoll, zero.ring, service)
    return polling
  }

  private func serve(
    _ loop: inout ZeroCopyLoop, _ before: inout (usage: ThreadUsage, baseline: ZeroCopyBaseline),
    _ blank: ZeroCopyQueueReport
  ) throws(SystemCallError) {
    while true {
      try loop.receiveUntilMail()
      wake.clear()
      while let order = takeOrder() {
        switch order {
        case .trace(let probe):
          try loop.trace(by: probe)
          mail.withLock { mail in
            mail.isTraced = loop.traceProblem == nil
            mail.traces.done += 1
          }
          answered.signal()
        case .begin(let pattern):
          loop.begin(verifying: pattern)
          before = (ThreadUsage.now(), loop.baseline)
        case .receive(let flow, let copying): try loop.receive(flow, copying: copying)
        case .read(let token, let socket, let limit): try loop.read(token, socket, limit: limit)
        case .stopReading(let token): try loop.stopReading(token)
        case .end:
          try loop.leaveAll()
          let usage = ThreadUsage.now().since(before.usage)
          var result = loop.result(since: before.baseline, usage: usage, blank)
          if let hits = loop.readHits(), let earlier = loop.hitsBefore { result.hits = hits &- earlier }
          try loop.checkTrace()
          result.traceProblem = loop.traceProblem
          mail.withLock { mail in
            mail.isTraced = loop.traceProblem == nil
            mail.results.append(result)
          }
          answered.signal()
        case .close:
          try loop.leaveAll()
          return
        }
      }
    }
  }

  /// One at a time, so that those behind one that fails are not lost.
  private func takeOrder() -> ZeroCopyOrder? {
    mail.withLock { $0.orders.isEmpty ? nil : $0.orders.removeFirst() }
  }

  private func blankReport(
    _ queue: borrowing ZeroCopyQueue, completionEntries: UInt32
  ) -> ZeroCopyQueueReport {
    let area: ZeroCopyMemoryReport.Area =
      switch queue.options.areaKind {
      case .pages: .pages
      case .hugePages: .hugePages
      case .dmabuf: .dmabuf
      }
    var report = ZeroCopyQueueReport(
      worker: index, queue: self.queue,
      memory: ZeroCopyMemoryReport(
        area: area, areaBytes: UInt64(queue.areaSize), bufferBytes: UInt64(queue.bufferLength),
        refillEntries: UInt64(queue.refill.capacity), completionEntries: UInt64(completionEntries)))
    let lengths = BufferLengthSearch.sentences(
      setup.refusedLengths, areaKind: setup.areaKind, used: queue.bufferLength)
    report.refusedOptions =
      lengths
      + queue.dropped.map { dropped in
        switch dropped.field {
        case .events: "events and the kernel's count of copied bytes (\(dropped.errno.name)); Linux 7.2 has them"
        case .bufferLength:
          "buffers of \(setup.bufferLength) bytes (\(dropped.errno.name)); \(queue.bufferLength) instead"
        }
      }
    return report
  }
}
