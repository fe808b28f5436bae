import Linux
import Report

/// The receiving side of one test: its streams, workers, clock and figures. It knows no control protocol; the iperf3 and
/// the raw session drive it alike.
final class ReceiveTest {
  /// Streams one test may have over its life, so that no crowd of peers can make the server's memory grow without end.
  static let maximumStreams = 16_384
  /// Streams that the report describes one by one: more than a test of iperf3's may have.
  static let listedStreams = 256

  private(set) var streams: [ReceiveStream] = []
  /// Positions of the streams that have not been settled, so that the many that have cost nothing any more.
  private var unsettled: [Int] = []
  private var settledBytes: UInt64 = 0
  private(set) var sampler: IntervalSampler?
  private(set) var settings: RunSettings
  private let configuration: ServerConfiguration
  private let environment: Environment
  private let team: any FlowReceivers
  /// The same, where zero-copy receive is in use.
  let zeroCopy: ZeroCopyTest?
  /// The interface's queues, where their rings do not receive.
  private let company: QueueCompany?
  private let pattern: Pattern?
  private let skeleton: (kind: RunReport.Kind, peer: Endpoint, local: Endpoint, cookie: String?)
  private var surroundings = RunSurroundings()
  private let memory: MemoryWatch?
  /// From the begin of the test's clock on.
  private var memoryAccount: MemoryAccount?
  private var startedAt = WallClock.now()
  private var history = IntervalHistory()
  private var tuner: LowWaterTuner?
  /// The rings' counts at the last sample, and when the omitted seconds were over.
  private var ringsAtSample: CopyBracket?
  private(set) var ringsAtOmission: CopyBracket?
  /// There were omitted seconds, and they are over.
  private(set) var hasOmitted = false
  /// Bytes that the rings had brought to identify the streams there were at the last sample.
  private var identifiedAtSample: UInt64 = 0
  private(set) var provenAtOmission: [UInt64] = []
  /// The same from before the omitted bytes were counted; only where the difference matters.
  private(set) var provenBeforeOmission: [UInt64] = []
  private(set) var drainedAtOmission: [UInt64] = []
  private(set) var copiedAtOmission: [UInt64] = []
  /// It is not known whether first bytes of a stream were copied, which were read to identify it.
  private(set) var hasUnclearBeginnings = false
  private var lastProgress: (bytes: UInt64, at: MonotonicTime)?

  init(
    kind: RunReport.Kind, peer: Endpoint, local: Endpoint, cookie: String?, settings: RunSettings,
    configuration: ServerConfiguration, environment: Environment, pattern: Pattern?, changed: EventDescriptor,
    zeroCopyTeam: ZeroCopyTeam? = nil, company: QueueCompany? = nil, memory: MemoryWatch? = nil
  ) {
    self.company = company
    company?.beginTest()
    skeleton = (kind, peer, local, cookie)
    self.settings = settings
    self.configuration = configuration
    self.environment = environment
    self.pattern = pattern
    self.memory = memory
    let copying = { (changed: EventDescriptor) in
      ReceiveTeam(
        path: configuration.mode.mode.workerPath ?? .epoll, length: configuration.length, pattern: pattern,
        cpus: configuration.placement.cpus, changed: changed, placer: configuration.placement.placer,
        places: company?.places, polling: configuration.polling.wish)
    }
    zeroCopy = zeroCopyTeam.map { ZeroCopyTest($0, pattern: pattern, substitute: copying) }
    team = zeroCopy ?? copying(changed)
    ringsAtSample = zeroCopy?.ringsAtStart
  }

  deinit {
    // Workers write to the flows' counters and read their sockets, and the flows go with this test.
    team.stop()
  }

  // MARK: Streams

  /// Takes a connection in and begins to receive from it.
  ///
  /// - Parameter identified: the first bytes of its stream, where they were read to identify it.
  func admit(_ socket: Socket, id: Int, identified: IdentifiedBytes) throws(SystemCallError) {
    let flow = Flow(
      socket: socket, id: id, identified: identified.copied,
      identifiedByRing: identified.bytes.count - identified.copied, copied: zeroCopy?.takeCount())
    if identified.isUnclear { hasUnclearBeginnings = true }
    if var verifier = pattern.map(Verifier.init), !identified.bytes.isEmpty {
      identified.bytes.withUnsafeBytes { verifier.check($0, at: 0, flow.counters) }
    }
    try team.receive(flow, by: company?.begin(flow))
    unsettled.append(streams.count)
    streams.append(ReceiveStream(flow))
  }

  var bytes: UInt64 { unsettled.reduce(settledBytes) { $0 + streams[$1].bytes } }
  var hasOpenStreams: Bool { unsettled.contains { streams[$0].isOpen } }

  /// Closes the sockets of streams that have ended; their figures stay.
  func settleEndedStreams() {
    for index in unsettled {
      if let flow = streams[index].live, flow.isOver { conclude(flow) }
    }
    for index in unsettled { streams[index].settleIfOver() }
    for index in unsettled where streams[index].live == nil { settledBytes += streams[index].bytes }
    unsettled.removeAll { streams[$0].live == nil }
  }

  private func conclude(_ flow: Flow) {
    zeroCopy?.conclude(flow)
    company?.conclude(flow)
  }

  /// Why the workers cannot go on; nil while they can.
  var workerFailure: SystemCallError? { team.failure }

  // MARK: Clock

  func startClock(at now: MonotonicTime) {
    sampler = IntervalSampler(start: now, interval: configuration.interval, omit: Double(settings.omit))
    surroundings = RunSurroundings(
      interface: configuration.interface, peer: streams.first?.live?.remote?.host ?? skeleton.peer.host)
    memoryAccount = memory.map { MemoryAccount($0, at: now) }
    startedAt = WallClock.now()
    // RECV_ZC takes whatever is there in one pass; a mark would only keep bytes, and their buffers, waiting.
    tuner = zeroCopy == nil ? LowWaterTuner(length: configuration.length, start: now) : nil
    lastProgress = (bytes, now)
  }

  /// Keeps the workers' wake-ups in proportion to the streams' speed.
  func tune(at now: MonotonicTime) throws(SystemCallError) {
    try tuner?.look(at: unsettled.lazy.compactMap { self.streams[$0].live }, now: now)
  }

  /// From here on every byte counts, however few there are.
  func prepareToDrain() throws(SystemCallError) {
    surroundings.noteLastWork()
    try tuner?.release(unsettled.lazy.compactMap { self.streams[$0].live })
  }

  /// The next moment at which `takeDueSample`, `tune` or the limits want to be looked at; nil before the clock runs.
  var deadline: MonotonicTime? {
    guard let sampler else { return nil }
    var deadlines = [sampler.deadline, tuner?.deadline].compactMap { $0 }
    if let limit = configuration.durationLimit { deadlines.append(sampler.start.adding(seconds: limit)) }
    if let lastProgress, configuration.idleTimeout > 0 {
      deadlines.append(lastProgress.at.adding(seconds: configuration.idleTimeout))
    }
    // A byte limit has no moment of its own: the counters are looked at.
    if configuration.byteLimit != nil { deadlines.append(MonotonicTime.now().adding(seconds: 0.01)) }
    return deadlines.min()
  }

  /// The interval that has just ended; nil when none was due.
  func takeDueSample(at now: MonotonicTime) -> IntervalReport? {
    guard let deadline = sampler?.deadline, now >= deadline else { return nil }
    let provenBefore = isMapping ? streams.map(\.proven) : []
    let (counts, rings) = look()
    guard let sample = sampler?.sample(at: now, counts: counts.map(\.bytes)) else { return nil }
    let moved = memoryAccount?.interval(at: now)
    if sample.endedOmission {
      surroundings.restart()
      memoryAccount?.restart(at: now)
      ringsAtOmission = rings
      hasOmitted = true
      provenBeforeOmission = provenBefore
      provenAtOmission = counts.map(\.proven)
      drainedAtOmission = counts.map(\.drained)
      copiedAtOmission = counts.map(\.copied)
    }
    return configuration.interval > 0 ? record(sample, rings, moved) : nil
  }

  /// What every stream has received so far and, with zero-copy receive, what the rings have counted at the same moment;
  /// without the latter where no such moment was found.
  private func look() -> (counts: [Count], rings: CopyBracket?) {
    var counts = streams.map(Count.init)
    let rings = zeroCopy?.snapshot { isOnWorker in
      for index in unsettled where isOnWorker(streams[index].id) { counts[index] = Count(streams[index]) }
    }
    return (counts, rings)
  }

  /// Of one stream, at one moment.
  private struct Count {
    let bytes, proven, drained, copied: UInt64

    init(_ stream: ReceiveStream) {
      (bytes, proven) = (stream.bytes, stream.proven)
      (drained, copied) = (stream.drained, stream.copied)
    }
  }

  private func record(
    _ sample: IntervalSampler.Sample, _ rings: CopyBracket?, _ moved: IntervalMemoryReport?
  ) -> IntervalReport {
    var interval = IntervalReport(
      start: sample.start, end: sample.end, omitted: sample.omitted,
      // A stream that ended before has nothing to say any more.
      streams: zip(streams, sample.bytes).prefix(ReceiveTest.listedStreams).filter { $0.isOpen || $1 > 0 }.map {
        IntervalStream(id: $0.id, socket: $0.socketNumber, bytes: $1)
      })
    interval.unlistedBytes = sample.bytes.dropFirst(ReceiveTest.listedStreams).reduce(0, &+)
    let identified = streams.reduce(0) { $0 + $1.identifiedByRing }
    defer { identifiedAtSample = identified }
    if let rings, let before = ringsAtSample {
      var counted = rings - before
      // The stream counts these as its own, the rings as bytes read for this thread.
      counted.completed += identified - identifiedAtSample
      interval.setZeroCopied(counted.zeroCopied.atMost(interval.bytes))
      if counted.traced != nil {
        interval.zeroCopiedByCompletions = counted.zeroCopiedByCompletions.atMost(interval.bytes)
      }
    }
    interval.memory = moved
    // A look that failed makes the next interval's bounds cover two, which would bound neither.
    ringsAtSample = rings
    history.append(interval)
    return interval
  }

  /// Bytes within `--idle-timeout` that count as progress. A raw stream has no other end than its sender's, and a stranger
  /// that drips could hold the server for ever; a test of iperf3's may go as slowly as its client asked for (-b).
  private var leastProgress: UInt64 {
    skeleton.kind == .raw ? UInt64(max(1, ReceiveTest.leastRawRate * configuration.idleTimeout)) : 1
  }

  /// Bytes per second.
  static let leastRawRate = 512.0

  /// What ends the test from this side; nil when nothing does.
  enum Limit: Equatable {
    case duration(Double)
    case bytes(UInt64)
    /// So many bytes arrived within so many seconds, too few.
    case idle(bytes: UInt64, Double)
  }

  func reachedLimit(at now: MonotonicTime) -> Limit? {
    guard let sampler else { return nil }
    let bytes = bytes
    let recent = bytes - (lastProgress?.bytes ?? 0)
    if recent >= leastProgress { lastProgress = (bytes, now) }
    if let limit = configuration.byteLimit, bytes >= limit { return .bytes(limit) }
    if let limit = configuration.durationLimit, now >= sampler.start.adding(seconds: limit) { return .duration(limit) }
    if let lastProgress, configuration.idleTimeout > 0,
      now >= lastProgress.at.adding(seconds: configuration.idleTimeout)
    {
      return .idle(bytes: bytes - lastProgress.bytes, configuration.idleTimeout)
    }
    return nil
  }

  // MARK: Results

  /// The report's frame before there are figures.
  func openingReport() -> RunReport {
    settings.streams = max(streams.count, 1)
    var report = RunReport(
      toolVersion: configuration.toolVersion, role: .server, kind: skeleton.kind, outcome: .completed,
      startedAt: startedAt, peer: skeleton.peer, local: skeleton.local, settings: settings, environment: environment,
      processor: surroundings.use)
    report.cookie = skeleton.cookie
    report.streams = streams.map { $0.report(duration: 0, omitted: 0) }
    report.zeroCopy = zeroCopy?.report
    return report
  }

  /// Stops receiving and puts the figures together. Also hands out the last interval, when there is one.
  ///
  /// - Parameter leavesUnread: the test ends in the middle of its streams as the user asked for, so that bytes nobody
  ///   reads are no fault.
  func finish(
    at end: MonotonicTime, outcome: Outcome, leavesUnread: Bool = false
  ) -> (report: RunReport, lastInterval: IntervalReport?) {
    let bytesBefore = bytes
    let reading = surroundings.read()
    let memoryAtEnd = memoryAccount?.end(at: .now())
    let lastMoved = memoryAccount?.interval(at: .now())
    team.stop()
    settleEndedStreams()
    for index in unsettled {
      if let flow = streams[index].live { conclude(flow) }
      streams[index].noteUnread()
    }
    // A worker may take bytes until it has stopped, and `uring` those that the kernel had taken for it.
    let end = bytes == bytesBefore ? end : max(end, .now())
    let (counts, rings) = look()
    sampler?.noteEnd(at: end)
    if zeroCopy?.traceProblem != nil { history.distrustProbe() }
    var last = sampler?.finalSample(at: end, counts: counts.map(\.bytes)).map { record($0, rings, lastMoved) }
    if zeroCopy?.traceProblem != nil { last?.distrustProbe() }
    var report = openingReport()
    report.intervals = history.intervals
    let duration = max(0, sampler.map { end.seconds(since: $0.start) } ?? 0)
    let omitted = sampler?.omitted(of: streams.map(\.bytes)) ?? []
    report.streams = streams.enumerated().map { index, stream in
      stream.report(duration: duration, omitted: index < omitted.count ? omitted[index] : 0)
    }
    report.received = Transfer(
      bytes: report.streams.reduce(0) { $0 + ($1.received?.bytes ?? 0) }, start: 0, end: duration)
    report.memory = memoryAccount?.report(end: memoryAtEnd, payload: report.received?.bytes ?? 0)
    if let zeroCopy {
      account(for: zeroCopy, rings, omitted: omitted, in: &report)
    } else if isMapping {
      accountForMapping(omitted: omitted, in: &report)
    } else {
      report.copyAccount = copyAccount(received: report.received?.bytes ?? 0)
    }
    report.workers = team.reports
    report.placement = CPUPlacementReport(configuration.placement.wish.reported, workers: team.placements)
    let device = zeroCopy?.device ?? company?.device
    report.placement?.interfaceNode = device?.numaNode
    report.polling = pollingReport(configuration, team.polling, device)
    report.samplerLateness = sampler?.latenessReport
    surroundings.add(reading, arrivals: streams.map(\.arrival), queues: device?.queues ?? [], to: &report)
    report.callSizes = team.callSizes
    report.notes +=
      PlacementOutcome(placements: team.placements, queues: device?.queues ?? [], cpus: report.cpus).notes
    report.notes += [tuner?.note, history.note].compactMap { $0 }
    report.notes += (team as? ReceiveTeam)?.notes ?? []
    report.notes += company?.takeNotes() ?? []
    let steering = zeroCopy?.steering ?? company?.steering
    if let arrivals = steering?.arrivals(report.streams.map { $0.placement?.queue }) { report.notes.append(arrivals) }
    report.notes += team.pinRefusals.map { "a worker is not bound: \($0)" }
    report.verification = settings.verify ? verification() : nil
    report.outcome = judge(outcome, report, leavesUnread: leavesUnread)
    report.listStreams(atMost: ReceiveTest.listedStreams)
    return (report, last)
  }

  private var isMapping: Bool { zeroCopy == nil && configuration.mode.mode == .mmap }
  /// Most bytes that one call of `mmap` maps: `-l`, and what is missing to whole pages of at most 64 KiB.
  var longestMapping: UInt64 { UInt64(configuration.length + (1 << 16)) }

  private func copyAccount(received: UInt64) -> CopyAccount {
    let none = ByteBounds(exactly: 0)
    switch configuration.mode.mode {
    case .epoll, .mmap, .zc, .zcCopy:
      return CopyAccount(
        copied: ByteBounds(exactly: received), zeroCopied: none, discarded: 0, method: "recv() copies every byte")
    case .uring:
      return CopyAccount(
        copied: ByteBounds(exactly: received), zeroCopied: none, discarded: 0,
        method: "io_uring's receive copies every byte")
    case .discard:
      // The first bytes of a raw stream were read to identify it.
      let identified = min(
        received, sampler?.omittedBytes.isEmpty ?? true ? streams.reduce(0) { $0 + $1.identified } : 0)
      return CopyAccount(
        copied: ByteBounds(exactly: identified), zeroCopied: none, discarded: received - identified,
        method: "recv(MSG_TRUNC) drops the bytes in the kernel")
    }
  }

  private func verification() -> VerificationReport {
    let wrong = streams.first { $0.firstWrongOffset != nil }
    return VerificationReport(
      checkedBytes: streams.reduce(0) { $0 + $1.checkedBytes }, firstWrongOffset: wrong?.firstWrongOffset,
      wrongStream: wrong?.id, cpuSeconds: Double(team.verificationNanoseconds) / 1e9)
  }

  /// A run that went to its end may still have missed its purpose.
  private func judge(_ outcome: Outcome, _ report: RunReport, leavesUnread: Bool) -> Outcome {
    if let offset = report.verification?.firstWrongOffset {
      return Outcome(
        .failed, reason: "verification: byte \(offset) of stream \(report.verification?.wrongStream ?? 0) is wrong")
    }
    if let failure = team.failure { return Outcome(.failed, reason: failure.description) }
    let lost = report.streams.reduce(UInt64(0)) { $0 + $1.lostBytes }
    if lost > 0 {
      let lost = lost.counted("byte")
      return Outcome(.failed, reason: "\(lost) arrived and could not be read, counted in no other figure")
    }
    guard outcome.status == .completed else { return outcome }
    if let stream = report.streams.first(where: { $0.failure != nil }), let failure = stream.failure {
      return Outcome(.failed, reason: "stream \(stream.id): \(failure)")
    }
    let unread = streams.reduce(UInt64(0)) { $0 + $1.unread }
    if unread > 0, !leavesUnread {
      return Outcome(
        .partial, reason: "\(unread.counted("byte")) lay in the sockets when receiving ended and were not read")
    }
    let unchecked = streams.reduce(UInt64(0)) { $0 + ($1.bytes - min($1.bytes, $1.checkedBytes)) }
    if settings.verify, unchecked > 0 {
      return Outcome(.partial, reason: "\(unchecked.counted("byte")) were received and not checked (--verify)")
    }
    return outcome
  }
}
