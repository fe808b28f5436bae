import Linux
import Report

/// The receiving side of one test: its streams, workers, clock and figures. It knows no control protocol; the iperf3 and
/// the raw session drive it alike.
final class ReceiveTest {
  /// Streams one test may have over its life, so that no crowd of peers can make the server's memory grow without end.
  static let maximumStreams = 16_384

  private(set) var streams: [ReceiveStream] = []
  /// Positions of the streams that have not been settled, so that the many that have cost nothing any more.
  private var unsettled: [Int] = []
  private var settledBytes: UInt64 = 0
  private(set) var sampler: IntervalSampler?
  private(set) var settings: RunSettings
  private let configuration: ServerConfiguration
  private let environment: Environment
  private let team: ReceiveTeam
  private let pattern: Pattern?
  private let skeleton: (kind: RunReport.Kind, peer: Endpoint, local: Endpoint, cookie: String?)
  private var meter = ProcessorMeter()
  private var startedAt = WallClock.now()
  private var history = IntervalHistory()
  private var tuner: LowWaterTuner?
  private var lastProgress: (bytes: UInt64, at: MonotonicTime)?

  init(
    kind: RunReport.Kind, peer: Endpoint, local: Endpoint, cookie: String?, settings: RunSettings,
    configuration: ServerConfiguration, environment: Environment, pattern: Pattern?, changed: EventDescriptor
  ) {
    skeleton = (kind, peer, local, cookie)
    self.settings = settings
    self.configuration = configuration
    self.environment = environment
    self.pattern = pattern
    team = ReceiveTeam(
      mode: configuration.mode.mode, length: configuration.length, pattern: pattern,
      cpus: configuration.placement.cpus, changed: changed)
  }

  deinit {
    // Workers write to the flows' counters and read their sockets, and the flows go with this test.
    team.stop()
  }

  // MARK: Streams

  /// Takes a connection in and begins to receive from it.
  ///
  /// - Parameter identified: the first bytes of its stream, where they were read to identify it.
  func admit(_ socket: Socket, id: Int, identified: [UInt8]) throws(SystemCallError) {
    let flow = Flow(socket: socket, id: id, identified: identified.count)
    if var verifier = pattern.map(Verifier.init), !identified.isEmpty {
      identified.withUnsafeBytes { verifier.check($0, at: 0, flow.counters) }
    }
    try team.receive(flow)
    unsettled.append(streams.count)
    streams.append(ReceiveStream(flow))
  }

  var bytes: UInt64 { unsettled.reduce(settledBytes) { $0 + streams[$1].bytes } }
  var hasOpenStreams: Bool { unsettled.contains { streams[$0].isOpen } }

  /// Closes the sockets of streams that have ended; their figures stay.
  func settleEndedStreams() {
    for index in unsettled { streams[index].settleIfOver() }
    for index in unsettled where streams[index].live == nil { settledBytes += streams[index].bytes }
    unsettled.removeAll { streams[$0].live == nil }
  }

  /// Why the workers cannot go on; nil while they can.
  var workerFailure: SystemCallError? { team.failure }

  // MARK: Clock

  func startClock(at now: MonotonicTime) {
    sampler = IntervalSampler(start: now, interval: configuration.interval, omit: Double(settings.omit))
    meter = ProcessorMeter()
    startedAt = WallClock.now()
    tuner = LowWaterTuner(length: configuration.length, start: now)
    lastProgress = (bytes, now)
  }

  /// Keeps the workers' wake-ups in proportion to the streams' speed.
  func tune(at now: MonotonicTime) throws(SystemCallError) {
    try tuner?.look(at: unsettled.lazy.compactMap { self.streams[$0].live }, now: now)
  }

  /// From here on every byte counts, however few there are.
  func prepareToDrain() throws(SystemCallError) {
    try tuner?.release(unsettled.lazy.compactMap { self.streams[$0].live })
  }

  /// The next moment at which `takeDueSample`, `tune` or the limits want to be looked at; nil before the clock runs.
  var deadline: MonotonicTime? {
    guard let sampler else { return nil }
    var deadlines = [sampler.deadline, tuner?.deadline].compactMap { $0 }
    if let limit = configuration.durationLimit { deadlines.append(sampler.start.adding(seconds: limit)) }
    if let lastProgress, configuration.idleTimeout > 0 {
      deadlines.append(lastProgress.at.adding(seconds: longestSilence))
    }
    // A byte limit has no moment of its own: the counters are looked at.
    if configuration.byteLimit != nil { deadlines.append(MonotonicTime.now().adding(seconds: 0.01)) }
    return deadlines.min()
  }

  /// The interval that has just ended; nil when none was due.
  func takeDueSample(at now: MonotonicTime) -> IntervalReport? {
    guard let deadline = sampler?.deadline, now >= deadline else { return nil }
    guard let sample = sampler?.sample(at: now, counts: streams.map(\.bytes)) else { return nil }
    if sample.endedOmission { meter = ProcessorMeter() }
    return configuration.interval > 0 ? record(sample) : nil
  }

  private func record(_ sample: IntervalSampler.Sample) -> IntervalReport {
    let interval = IntervalReport(
      start: sample.start, end: sample.end, omitted: sample.omitted,
      // A stream that ended before has nothing to say any more.
      streams: zip(streams, sample.bytes).filter { $0.isOpen || $1 > 0 }.map {
        IntervalStream(id: $0.id, socket: $0.socketNumber, bytes: $1)
      })
    history.append(interval)
    return interval
  }

  /// Seconds without a byte that are no sign of a dead peer: a sender held to a low rate pauses between its blocks.
  private var longestSilence: Double {
    let pause = settings.bandwidth > 0 ? Double(settings.blockLength) * 8 / Double(settings.bandwidth) : 0
    return configuration.idleTimeout + min(pause, 86_400)
  }

  /// What ends the test from this side; nil when nothing does.
  enum Limit: Equatable {
    case duration(Double)
    case bytes(UInt64)
    case idle(Double)
  }

  func reachedLimit(at now: MonotonicTime) -> Limit? {
    guard let sampler else { return nil }
    let bytes = bytes
    if bytes != lastProgress?.bytes { lastProgress = (bytes, now) }
    if let limit = configuration.byteLimit, bytes >= limit { return .bytes(limit) }
    if let limit = configuration.durationLimit, now >= sampler.start.adding(seconds: limit) { return .duration(limit) }
    if let lastProgress, configuration.idleTimeout > 0,
      now >= lastProgress.at.adding(seconds: longestSilence)
    {
      return .idle(longestSilence)
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
      processor: meter.use())
    report.cookie = skeleton.cookie
    report.streams = streams.map { $0.report(duration: 0, omitted: 0) }
    return report
  }

  /// Stops receiving and puts the figures together. Also hands out the last interval, when there is one.
  func finish(at end: MonotonicTime, outcome: Outcome) -> (report: RunReport, lastInterval: IntervalReport?) {
    let processor = meter.use()
    team.stop()
    settleEndedStreams()
    let last = sampler?.finalSample(at: end, counts: streams.map(\.bytes)).map { record($0) }
    var report = openingReport()
    report.processor = processor
    report.intervals = history.intervals
    let duration = max(0, sampler.map { end.seconds(since: $0.start) } ?? 0)
    let omitted = sampler?.omitted(of: streams.map(\.bytes)) ?? []
    report.streams = streams.enumerated().map { index, stream in
      stream.report(duration: duration, omitted: index < omitted.count ? omitted[index] : 0)
    }
    report.received = Transfer(
      bytes: report.streams.reduce(0) { $0 + ($1.received?.bytes ?? 0) }, start: 0, end: duration)
    report.copyAccount = copyAccount(received: report.received?.bytes ?? 0)
    report.workers = team.reports
    report.callSizes = team.tallies?.sizes.report
    report.samplerLateness = sampler?.latenessReport
    report.notes += [tuner?.note, history.note].compactMap { $0 }
    report.notes += team.pinRefusals.map { "a worker is not bound: \($0)" }
    report.verification = settings.verify ? verification() : nil
    report.outcome = judge(outcome, report)
    return (report, last)
  }

  private func copyAccount(received: UInt64) -> CopyAccount {
    let none = ByteBounds(exactly: 0)
    switch configuration.mode.mode {
    case .epoll:
      return CopyAccount(
        copied: ByteBounds(exactly: received), zeroCopied: none, discarded: 0, method: "recv() copies every byte")
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
      wrongStream: wrong?.id, cpuSeconds: Double(team.tallies?.verificationNanoseconds ?? 0) / 1e9)
  }

  /// A run that went to its end may still have missed its purpose.
  private func judge(_ outcome: Outcome, _ report: RunReport) -> Outcome {
    if let offset = report.verification?.firstWrongOffset {
      return Outcome(
        .failed, reason: "verification: byte \(offset) of stream \(report.verification?.wrongStream ?? 0) is wrong")
    }
    if let failure = team.failure { return Outcome(.failed, reason: failure.description) }
    guard outcome.status == .completed else { return outcome }
    if let stream = report.streams.first(where: { $0.failure != nil }), let failure = stream.failure {
      return Outcome(.failed, reason: "stream \(stream.id): \(failure)")
    }
    return outcome
  }
}
