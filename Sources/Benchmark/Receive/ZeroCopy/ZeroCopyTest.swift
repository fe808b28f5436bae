import Linux
import Report
import SystemPackage
import Trace

/// One test's use of the zero-copy workers.
final class ZeroCopyTest: FlowReceivers {
  private let team: ZeroCopyTeam
  /// Which worker receives a flow, by the flow's number.
  private var assignments: [Int: Assignment] = [:]
  private var results: [ZeroCopyResult?] = []
  private var isOver = false
  private(set) var remarks: [String] = []
  /// Receives the flows of workers that have failed.
  private var substitute: ReceiveTeam?
  private let makeSubstitute: () -> ReceiveTeam
  /// Flows whose worker has failed, by their numbers, and workers of which that was said.
  private var stranded: Set<Int> = []
  private var saidFailures: Set<Int> = []

  /// The interface's queues when the test began, and when it was over; nil without a device.
  private var arrivals: (begin: ArrivalReading, end: ArrivalReading?)?
  /// Bytes of each flow that had arrived before, and of which nothing is claimed, by its number.
  private var bytesBefore: [Int: UInt64] = [:]

  private let traceAtStart: CopyTracing.Look?
  /// Why what the probe counted is not all; nil where it is, without a probe, and before the end.
  private(set) var traceProblem: String?

  /// What the rings had counted when the test began; nil when a ring left no moment to read it.
  private(set) var ringsAtStart: CopyBracket?

  private struct Assignment {
    var worker: Int
    /// A rule of ours sends it to its queue; one of its own does.
    var hasRule = false
    var hasOwnRule = false
    /// Its packets have IPv6 extension headers; looked at where they came in on no queue of ours.
    var hasExtensionHeaders = false
    /// It was received on one ring only, so that the ring's counts say something about it.
    var isSettled = true
    /// Moves without a byte in between, and the bytes when the last was made.
    var moves = 0
    var bytesWhenMoved: UInt64 = 0
  }

  /// Moves between rings without a byte after which a flow is given up: no ring of ours can read it.
  private var mostMoves: Int { 16 + 2 * team.workers.count }

  /// - Parameter substitute: makes a team that receives by copy, should a worker fail.
  init(_ team: ZeroCopyTeam, pattern: Pattern?, substitute: @escaping (EventDescriptor) -> ReceiveTeam) {
    self.team = team
    makeSubstitute = { substitute(team.changed) }
    arrivals = team.setup.device.map { (ArrivalReading.read(interface: $0.index), nil) }
    team.prepareTracing()
    traceAtStart = team.tracing?.look()
    // Before the workers have anything to do.
    ringsAtStart = snapshot { _ in }
    for worker in team.workers { worker.order(.begin(pattern)) }
    team.steering?.beginTest()
  }

  func receive(_ flow: Flow, by worker: Int?) throws(SystemCallError) {
    let before = arrived(flow)
    if let worker {
      team.receive(flow, by: worker)
      assignments[flow.id] = Assignment(worker: worker)
    } else {
      assignments[flow.id] = Assignment(worker: team.receive(flow))
    }
    assignments[flow.id]?.hasRule = team.steering?.hasRule(for: flow.id) ?? false
    assignments[flow.id]?.hasOwnRule = team.steering?.hasOwnRule(for: flow.id) ?? false
    // A rule of its own was made meanwhile, if any.
    guard let before, let later = arrived(flow) else { return }
    bytesBefore[flow.id] = max(before, later)
  }

  /// Bytes of a flow that have arrived, or more; nil where nothing is claimed of arrivals, or the socket cannot be asked.
  private func arrived(_ flow: Flow) -> UInt64? {
    guard arrivals != nil, let queued = try? flow.socket.queuedBytes() else { return nil }
    return UInt64(clamping: queued) + flow.bytes
  }

  /// Something befell the test from outside.
  func note(_ remark: String) { remarks.append(remark) }

  /// A flow turned out to lie in another ring's memory, or to have reached a zero-copy queue after all.
  func moveOn(_ flow: Flow) {
    guard !isOver, var assignment = assignments[flow.id] else { return }
    let hasProgressed = assignment.moves == 0 || flow.bytes > assignment.bytesWhenMoved
    assignment.moves = hasProgressed ? 1 : assignment.moves + 1
    assignment.bytesWhenMoved = flow.bytes
    assignment.isSettled = false
    if assignment.moves > mostMoves {
      remarks.append("stream \(flow.id) was given up: its bytes lie in memory that no queue of ours can read")
      // Nobody has it any more: what is queued is all there is to lose.
      let queued = (try? flow.socket.queuedBytes()) ?? 0
      flow.counters.pointee.lost.wrappingAdd(UInt64(clamping: queued), ordering: .relaxed)
      flow.counters.pointee.failure.store(Errno.badAddress.rawValue, ordering: .relaxed)
      flow.counters.pointee.state.store(.failed, ordering: .releasing)
      team.changed.signal()
    } else {
      assignment.worker = team.receive(flow, after: assignment.worker, hasProgressed: hasProgressed)
    }
    assignments[flow.id] = assignment
  }

  /// A flow is over.
  func conclude(_ flow: Flow) {
    if stranded.contains(flow.id), flow.failure == .badAddress, let queued = try? flow.socket.queuedBytes() {
      // What the ring had not handed out went with it.
      flow.counters.pointee.lost.wrappingAdd(UInt64(clamping: queued), ordering: .relaxed)
    }
    team.conclude(flow)
    if flow.placement.withLock({ $0?.isOurs }) == false, let hadHeaders = flow.socket.takeHadExtensionHeaders() {
      assignments[flow.id]?.hasExtensionHeaders = hadHeaders
    }
    remarks += team.steering?.takeRemarks() ?? []
  }

  /// The flow's worker cannot go on: recv() takes what comes from here on.
  func goOnByCopy(_ flow: Flow) {
    guard !isOver, let worker = assignments[flow.id]?.worker, !flow.isOver else { return }
    stranded.insert(flow.id)
    flow.counters.pointee.copyingFrom.store(flow.bytes, ordering: .relaxed)
    team.steering?.release(flow.id)
    if let failure = team.workers[worker].failure, !saidFailures.contains(worker) {
      saidFailures.insert(worker)
      remarks.append("zero-copy worker \(worker) cannot go on, and its streams are received by copy: \(failure)")
      team.waitUntilUnbound(worker)
    }
    let substitute = self.substitute ?? makeSubstitute()
    self.substitute = substitute
    do throws(SystemCallError) {
      try substitute.receive(flow)
    } catch {
      remarks.append("stream \(flow.id) is received by nobody: \(error)")
      flow.counters.pointee.failure.store(error.errno.rawValue, ordering: .relaxed)
      flow.counters.pointee.state.store(.failed, ordering: .releasing)
      team.changed.signal()
    }
  }

  /// Bytes of a flow that recv() took after its worker had failed.
  func bytesByCopy(of flow: Int, from offset: UInt64?, bytes: UInt64) -> UInt64 {
    guard stranded.contains(flow), let offset, bytes > offset else { return 0 }
    return bytes - offset
  }

  /// Whether a flow's worker has failed.
  func isStranded(_ flow: Int) -> Bool { stranded.contains(flow) }

  /// A worker that has failed is no failure of the test, whose streams go on.
  var failure: SystemCallError? { substitute?.failure }

  func stop() {
    guard !isOver else { return }
    isOver = true
    substitute?.stop()
    for worker in team.workers { worker.order(.end) }
    results = team.workers.map { $0.waitForResult() }
    traceProblem = findTraceProblem()
    if let device = team.setup.device { arrivals?.end = ArrivalReading.read(interface: device.index) }
  }

  // MARK: Steering

  /// Whose flow rules lead to the queues.
  var steeringMethod: SteeringMethod { team.steering?.method ?? .none }
  func hasRule(_ flow: Int) -> Bool { assignments[flow]?.hasRule ?? false }
  func hasExtensionHeaders(_ flow: Int) -> Bool { assignments[flow]?.hasExtensionHeaders ?? false }
  /// Bytes of a flow that had arrived when its own rule was made; 0 where it has none.
  func bytesBeforeRule(_ flow: Int) -> UInt64 {
    assignments[flow]?.hasOwnRule ?? false ? bytesBefore[flow] ?? 0 : 0
  }

  // MARK: Figures

  /// What the rings have counted since the server's start, and with `body` the counters of the flows, at one moment for each
  /// ring; nil when a ring left no such moment. Differences of two say what lay between.
  ///
  /// - Parameter body: reads the flows of the worker it is given.
  func snapshot(_ body: (_ isOnWorker: (Int) -> Bool) -> Void) -> CopyBracket? {
    var bracket = CopyBracket(knowledge: knowledge)
    var isWhole = true
    bracket.traced = traceMethod == nil || traceMethod == .hits ? nil : 0
    for worker in team.workers {
      guard let values = worker.tally.read({ body { self.assignments[$0]?.worker == worker.index } })?.values else {
        isWhole = false
        continue
      }
      bracket.completed &+= values.completed
      bracket.proven &+= values.proven
      bracket.beside &+= values.beside
      bracket.copiedByCall &+= values.drained
      bracket.kernelCopied &+= values.kernelCopied ?? 0
      bracket.traced = bracket.traced.flatMap { sum in values.traced.map { sum &+ $0 } }
    }
    // Where the probe tells requests apart, those read for the control thread are left out.
    bracket.tracedBeside = traceMethod == .exit ? 0 : bracket.beside
    return isWhole ? bracket : nil
  }

  /// How the kernel's copies are counted; nil where they are not, or need not be.
  var traceMethod: CopyProbe.Method? { team.tracing?.probe?.method }
  /// Why they are not counted, or not by a better method.
  var traceRefusals: [String] { team.tracing?.refusals ?? [] }
  /// Whether counting them was tried.
  var isTraced: Bool { team.tracing != nil }
  /// A counter for a stream's copies, where they are counted by stream.
  func takeCount() -> CopyCount? { traceMethod == .exit ? team.tracing?.probe?.takeCount() : nil }
  /// Nothing was copied, by a probe that counts copies alone and no bytes.
  var hadNoHit: Bool { traceMethod == .hits && results.allSatisfy { $0?.hits == 0 } }

  private func findTraceProblem() -> String? {
    guard let begin = traceAtStart, let tracing = team.tracing, tracing.probe != nil else { return nil }
    // Whoever switched probes off is told that, and not what came of it.
    if let doubt = CopyTracing.doubt(begin, tracing.look()) { return doubt }
    if let failure = team.workers.lazy.compactMap(\.failure).first { return "a ring could not go on (\(failure))" }
    return results.lazy.compactMap { $0?.traceProblem }.first
  }

  var knowledge: CopyBracket.Knowledge {
    if team.setup.device == nil { return .everythingCopied }
    if team.setup.areaKind == .dmabuf { return .nothingCopied }
    let counts = team.workers.allSatisfy { $0.tally.countsCopies }
    return counts ? .counted : .uncounted(.kernel)
  }

  /// Which worker had a flow all the time; nil when it moved.
  func onlyWorker(of flow: Int) -> Int? {
    assignments[flow].flatMap { $0.isSettled ? $0.worker : nil }
  }

  /// Whether some of a flow may have come through a worker's ring.
  func mayHaveHad(_ flow: Int, worker: Int) -> Bool {
    assignments[flow].map { !$0.isSettled || $0.worker == worker } ?? false
  }

  /// Bytes that a worker's ring brought besides the test's flows.
  func bytesBeside(ofWorker worker: Int) -> UInt64 {
    results.lazy.compactMap { $0 }.first { $0.queue.worker == worker }?.bytesBeside ?? 0
  }

  var queueReports: [ZeroCopyQueueReport] { results.compactMap { $0?.queue } }
  var shortCompletions: UInt64 { results.reduce(0) { $0 &+ ($1?.shortCompletions ?? 0) } }
  var callSizes: DistributionReport? { queueReports.count == 1 ? queueReports[0].completionSizes : nil }
  var verificationNanoseconds: Int64 {
    results.reduce(substitute?.verificationNanoseconds ?? 0) { $0 &+ ($1?.verificationNanoseconds ?? 0) }
  }
  var pinRefusals: [SystemCallError] { team.workers.compactMap(\.pinRefusal) + (substitute?.pinRefusals ?? []) }
  var placements: [WorkerPlacementReport] {
    let own = zip(team.places, team.workers).map { $0.asRefused(by: $1.pinRefusal) }
    return own
      + (substitute?.placements ?? []).map { place in
        var place = place
        place.worker += team.workers.count
        return place
      }
  }
  var polling: PollingOutcome { team.polling }
  /// NUMA node of the interface; nil without one, and where none is known.
  var interfaceNode: Int? { team.setup.device?.numaNode }
  var notes: [String] {
    let leases = (team.setup.device?.leases ?? []).map(\.what)
    return team.warnings + leases + (team.steering?.circumstances ?? []) + remarks
      + results.flatMap { $0?.remarks ?? [] }
  }

  var reports: [WorkerReport] { ringReports + substituteReports }

  /// Numbered after the rings' own workers.
  private var substituteReports: [WorkerReport] {
    (substitute?.reports ?? []).map { report in
      var report = report
      report.index += team.workers.count
      return report
    }
  }

  private var ringReports: [WorkerReport] {
    zip(team.workers, results).compactMap { worker, result in
      guard let result else { return nil }
      return WorkerReport(
        index: worker.index, cpu: worker.pinRefusal == nil ? worker.cpu : nil,
        streams: assignments.filter { $0.value.worker == worker.index }.keys.sorted(), usage: result.usage,
        calls: result.calls)
    }
  }

  /// What kernel and driver tell about the interface's queues; nil without a device, and before the end.
  var arrival: ArrivalAccount? {
    guard let device = team.setup.device, let arrivals, let end = arrivals.end else { return nil }
    return ArrivalAccount(begin: arrivals.begin, end: end, queues: device.queues)
  }

  /// What of a flow's bytes is said to have come in on the queue of its last packet; nil where there is no such queue.
  func claim(of flow: Int, bytes: UInt64, placement: PlacementReport?) -> ArrivalAccount.Claim? {
    guard let queue = placement?.queue, let before = bytesBefore[flow], bytes > before else { return nil }
    return ArrivalAccount.Claim(queue: queue, bytes: bytes - before)
  }

  /// What the queues were made of and what they counted.
  var report: ZeroCopyReport {
    var report = ZeroCopyReport()
    report.queues = isOver ? queueReports : team.blankReports
    report.arrival = arrival?.report
    return report
  }

  var device: ZeroCopySetup.Device? { team.setup.device }
  var steering: FlowSteering? { team.steering }
}
