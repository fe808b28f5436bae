import Linux
import Report

/// The threads that receive the flows of one test.
protocol FlowReceivers: AnyObject {
  /// Begins to receive the flow.
  ///
  /// - Parameter worker: nil takes the next in turn, or the one whose queue the flow comes in on.
  func receive(_ flow: Flow, by worker: Int?) throws(SystemCallError)
  /// The first worker failure; nil while all is well.
  var failure: SystemCallError? { get }
  /// Ends receiving; results stand from then on.
  func stop()
  var reports: [WorkerReport] { get }
  /// Bytes per receive call, or per completion; nil when nothing was counted.
  var callSizes: DistributionReport? { get }
  /// CPU time spent on comparing with the pattern, nanoseconds.
  var verificationNanoseconds: Int64 { get }
  var pinRefusals: [SystemCallError] { get }
  /// Where each worker was put.
  var placements: [WorkerPlacementReport] { get }
  /// What busy polling and minimum waits came to.
  var polling: PollingOutcome { get }
}

extension FlowReceivers {
  func receive(_ flow: Flow) throws(SystemCallError) { try receive(flow, by: nil) }
}

/// The workers of one test. Threads are started as flows need them, up to the configured number, and joined at the end,
/// so that their CPU time is the test's and an idle server has none.
final class ReceiveTeam: FlowReceivers {
  /// Signalled by any worker when a flow ends or the worker fails.
  let changed: EventDescriptor
  private let path: WorkerPath
  private let length: Int
  private let pattern: Pattern?
  private let cpus: [Int?]
  private var placer: WorkerPlacer?
  private let polls: PollingWish
  private var socketPolling: SocketPolling?
  private let fixedPlaces: [WorkerPlacementReport]?
  private var places: [WorkerPlacementReport] = []
  private var workers: [ReceiveWorker] = []
  private var threads = ThreadList()
  private var next = 0

  /// - Parameters:
  ///   - cpus: one entry per worker that may be started: its CPU, or nil for none in particular.
  ///   - placer: chooses the CPUs instead, each when its worker is given its first flow.
  ///   - places: the places of all workers, where they are decided already.
  ///   - polling: what the path and this kernel can do of it.
  init(
    path: WorkerPath, length: Int, pattern: Pattern?, cpus: [Int?], changed: EventDescriptor,
    placer: WorkerPlacer? = nil, places: [WorkerPlacementReport]? = nil, polling: PollingWish = PollingWish()
  ) {
    fixedPlaces = places
    self.path = path
    self.length = length
    self.pattern = pattern
    self.cpus = places.map { $0.map(\.cpu) } ?? cpus
    self.placer = placer
    polls = polling
    // A ring polls by itself.
    socketPolling = path == .uring ? nil : polling.busyPoll.map(SocketPolling.init)
    self.changed = changed
  }

  deinit {
    stop()
  }

  func receive(_ flow: Flow, by worker: Int?) throws(SystemCallError) {
    let index = worker ?? next % cpus.count
    let known = workers.first { $0.index == index }
    let worker = if let known { known } else { try start(index, for: flow) }
    socketPolling?.begin(on: flow.socket)
    worker.handOver(flow)
    next += 1
  }

  private func start(_ index: Int, for flow: Flow) throws(SystemCallError) -> ReceiveWorker {
    let place = fixedPlaces?[index] ?? placer?.place(index, ServingCPU(flow.socket))
    let worker = ReceiveWorker(
      index: index, cpu: place.map(\.cpu) ?? cpus[index],
      setup: ReceiveSetup(
        length: length, pattern: pattern, wake: try EventDescriptor(), changed: changed,
        polling: polls))
    threads.append(try worker.start(path))
    workers.append(worker)
    places += place.map { [$0] } ?? []
    return worker
  }

  /// The first worker failure; nil while all is well.
  var failure: SystemCallError? { workers.first(where: \.hasFailed)?.result.failure }

  /// Ends and joins every worker. Their results stand from then on.
  func stop() {
    for worker in workers { worker.requestStop() }
    threads.joinAll()
  }

  var reports: [WorkerReport] {
    workers.map { worker in
      let result = worker.result
      return WorkerReport(
        index: worker.index, cpu: result.pinRefusal == nil ? worker.cpu : nil, streams: worker.servedStreams,
        usage: result.usage, calls: result.tallies?.calls ?? 0)
    }
  }

  /// All workers' tallies together; nil when none received anything.
  private var tallies: ReceiveTallies? {
    let all = workers.compactMap { $0.result.tallies }
    guard var sum = all.first else { return nil }
    for one in all.dropFirst() { sum.add(one) }
    return sum
  }

  var callSizes: DistributionReport? { tallies?.sizes.report }
  var verificationNanoseconds: Int64 { tallies?.verificationNanoseconds ?? 0 }
  /// What the kernel refused the workers, and what their rings ran out of.
  var notes: [String] {
    guard let tallies else { return [] }
    var notes = tallies.notes
    if tallies.starved > 0 {
      notes.append("uring: no buffer was free \(tallies.starved) times; each time a receive ended and was armed anew")
    }
    if tallies.overflows > 0 {
      notes.append("uring: the completion queue was full \(tallies.overflows) times; what came was kept")
    }
    return notes
  }
  var pinRefusals: [SystemCallError] { workers.compactMap { $0.result.pinRefusal } }
  var placements: [WorkerPlacementReport] {
    zip(places, workers).map { $0.asRefused(by: $1.result.pinRefusal) }
  }
  var polling: PollingOutcome {
    let waits = PollingOutcome.least(of: workers.compactMap { $0.result.tallies?.polling })
    return socketPolling?.outcome(with: waits) ?? waits
  }
}
