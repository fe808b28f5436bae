import Linux
import Metering
import Report
import Synchronization

/// The sending side of one test: its streams, their threads, the clock and the figures. It knows no control protocol.
final class SendTest {
  let streams: [SendStream]
  private(set) var sampler: IntervalSampler
  private let configuration: ClientConfiguration
  private let choice: SendChoice
  /// Bytes per call.
  private let length: Int
  private let changed: EventDescriptor
  private let environment: Environment
  private let quota: SendQuota
  private let endpoints: (local: Endpoint, peer: Endpoint, cookie: String)
  private var threads = ThreadList()
  /// Streams that have a thread.
  private var started = 0
  private var surroundings = RunSurroundings()
  private let memory: MemoryWatch?
  private var memoryAccount: MemoryAccount?
  private let startedAt = WallClock.now()
  private var history = IntervalHistory()
  private var tracks: [TCPTrack]
  private var lastProgress: (bytes: UInt64, at: MonotonicTime)
  /// The user has ended a test that has no end of its own.
  private var isEnded = false

  init(
    _ configuration: ClientConfiguration, choice: SendChoice, environment: Environment,
    sockets: [(id: Int, socket: Socket)], endpoints: (local: Endpoint, peer: Endpoint, cookie: String),
    changed: EventDescriptor, memory: MemoryWatch? = nil
  ) throws(SystemCallError) {
    self.configuration = configuration
    self.choice = choice
    self.memory = memory
    self.changed = changed
    length = configuration.length(with: choice.method)
    self.environment = environment
    self.endpoints = endpoints
    let bytes: UInt64? = if case .bytes(let bytes) = configuration.end { bytes } else { nil }
    quota = SendQuota(bytes: bytes)
    let plan = SendPlan(
      method: choice.method, isProbing: choice.isProbing,
      payload: try SendTest.payload(choice.method, length: length, followsPattern: configuration.verify),
      bitsPerSecond: configuration.bitsPerSecond, burst: configuration.burst,
      quota: quota, changed: changed)
    streams = sockets.enumerated().map { index, entry in
      let cpus = configuration.affinity
      return SendStream(
        id: entry.id, socket: entry.socket, cpu: cpus.isEmpty ? nil : cpus[index % cpus.count], plan: plan)
    }
    tracks = streams.map { _ in TCPTrack() }
    let now = MonotonicTime.now()
    sampler = IntervalSampler(start: now, interval: configuration.interval, omit: Double(configuration.omit))
    lastProgress = (0, now)
  }

  private static func payload(
    _ method: SendMethod, length: Int, followsPattern: Bool
  ) throws(SystemCallError) -> Payload {
    let pattern = Pattern()
    let file = method == .sendfile ? try SendfileSend.file(holding: pattern) : nil
    return Payload(pattern: pattern, followsPattern: followsPattern, length: length, file: file)
  }

  deinit {
    quota.stop.store(true, ordering: .relaxed)
    threads.joinAll()
  }

  func start() throws(SystemCallError) {
    let now = MonotonicTime.now()
    sampler = IntervalSampler(start: now, interval: configuration.interval, omit: Double(configuration.omit))
    lastProgress = (0, now)
    surroundings = RunSurroundings(interface: nil, peer: streams.first?.socket.remoteAddress?.host)
    memoryAccount = memory.map { MemoryAccount($0, at: now) }
    for stream in streams {
      threads.append(try stream.start())
      started += 1
    }
  }

  // MARK: Clock

  /// Ends a test that goes on until it is stopped (-t 0), once its omitted seconds are over.
  ///
  /// - Returns: false where the test has another end, or was ended already.
  func end() -> Bool {
    guard case .seconds(0) = configuration.end, !sampler.isOmitting, !isEnded else { return false }
    isEnded = true
    return true
  }

  /// Why sending is over.
  enum Ending: Equatable {
    case completed
    case failed(String)
  }

  var deadline: MonotonicTime {
    var deadlines = [lastProgress.at.adding(seconds: configuration.stallTimeout(length: length))]
    if let end = timeLimit { deadlines.append(end) }
    if let sample = sampler.deadline { deadlines.append(sample) }
    return deadlines.min() ?? lastProgress.at
  }

  private var timeLimit: MonotonicTime? {
    // The counted seconds begin with the sample that ends the omitted ones, however late that is taken.
    guard case .seconds(let seconds) = configuration.end, seconds > 0, !sampler.isOmitting else { return nil }
    return sampler.start.adding(seconds: Double(seconds))
  }

  /// The interval that has just ended; nil when none was due.
  func takeDueSample(at now: MonotonicTime) -> IntervalReport? {
    guard let deadline = sampler.deadline, now >= deadline else { return nil }
    let sample = sampler.sample(at: now, counts: streams.map(\.bytes))
    let moved = memoryAccount?.interval(at: now)
    if sample.endedOmission {
      surroundings.restart()
      memoryAccount?.restart(at: now)
    }
    return configuration.interval > 0 ? record(sample, moved) : nil
  }

  func ending(at now: MonotonicTime) -> Ending? {
    if let stream = streams.first(where: { $0.finalFailure != nil }), let failure = stream.finalFailure {
      return .failed(failure.description)
    }
    if let timeLimit, now >= timeLimit {
      // Here and not once sending has stopped: that may have to wait for a receiver that stands still.
      sampler.noteEnd(at: now, due: timeLimit)
      return .completed
    }
    if isEnded || streams.allSatisfy(\.isOver) { return .completed }
    let bytes = streams.reduce(0) { $0 + $1.bytes }
    if bytes != lastProgress.bytes {
      lastProgress = (bytes, now)
    } else if now >= lastProgress.at.adding(seconds: configuration.stallTimeout(length: length)) {
      return .failed("the server took no byte for \(Int(configuration.stallTimeout(length: length))) s")
    }
    return nil
  }

  private func record(_ sample: IntervalSampler.Sample, _ moved: IntervalMemoryReport?) -> IntervalReport {
    var lines: [IntervalStream] = []
    for (index, stream) in streams.enumerated() {
      var line = IntervalStream(id: stream.id, socket: Int(stream.socket.number), bytes: sample.bytes[index])
      if let tcp = TCPReport(stream.socket, .sending) { line.add(tracks[index].note(tcp)) }
      lines.append(line)
    }
    var interval = IntervalReport(start: sample.start, end: sample.end, omitted: sample.omitted, streams: lines)
    interval.memory = moved
    history.append(interval)
    return interval
  }

  // MARK: Results

  /// Ends sending: no thread sends any more when this returns. They may still wait for the kernel to tell of what was sent.
  func stop() {
    quota.stop.store(true, ordering: .relaxed)
    while !streams.prefix(started).allSatisfy(\.isOver) {
      _ = changed.wait(until: .now().adding(seconds: 1))
      changed.clear()
    }
  }

  /// Waits for what the kernel tells of the bytes sent, not for long; what became of them. Only after `stop`.
  func settle() -> TransmitReport {
    threads.joinAll()
    return TransmitReport(streams.prefix(started).map { ($0, $0.finalResult.account) }, choice: choice)
  }

  /// Bytes handed to the kernel since the beginning, omitted ones included, by stream id.
  var totals: [(id: Int, bytes: UInt64)] { streams.map { ($0.id, $0.bytes) } }

  /// The report's frame before there are figures.
  func openingReport() -> RunReport {
    var report = RunReport(
      toolVersion: configuration.toolVersion, role: .client, kind: .iperf3, outcome: .completed, startedAt: startedAt,
      peer: endpoints.peer, local: endpoints.local, settings: settings, environment: environment,
      processor: surroundings.use
    )
    report.cookie = endpoints.cookie
    report.streams = streams.map(describe)
    return report
  }

  /// Puts the figures together once sending has stopped. Also hands out the last interval, when there is one.
  func finish(at end: MonotonicTime) -> (report: RunReport, lastInterval: IntervalReport?) {
    let reading = surroundings.read()
    let memoryAtEnd = memoryAccount?.end(at: .now())
    let lastMoved = memoryAccount?.interval(at: .now())
    let last = sampler.finalSample(at: end, counts: streams.map(\.bytes)).map { record($0, lastMoved) }
    var report = openingReport()
    report.intervals = history.intervals
    let duration = max(0, end.seconds(since: sampler.start))
    let omittedBytes = sampler.omitted(of: streams.map(\.bytes))
    for (index, stream) in streams.enumerated() {
      let omitted = omittedBytes[index]
      report.streams[index].sent = Transfer(bytes: stream.bytes - omitted, start: 0, end: duration)
      report.streams[index].omittedBytes = omitted
      report.streams[index].tcp = TCPReport(stream.socket, .sending).map { tracks[index].summarize($0) }
      report.streams[index].failure = stream.finalFailure?.description
    }
    report.sent = Transfer(bytes: report.streams.reduce(0) { $0 + ($1.sent?.bytes ?? 0) }, start: 0, end: duration)
    report.memory = memoryAccount?.report(end: memoryAtEnd, payload: report.sent?.bytes ?? 0)
    report.workers = workerReports
    report.samplerLateness = sampler.latenessReport
    surroundings.add(
      reading, arrivals: streams.map { StreamArrival(stream: $0.id, $0.socket) }, queues: [], to: &report)
    report.notes += [history.note].compactMap { $0 }
    report.notes += streams.compactMap { $0.finalResult.pinRefusal }.map { "a sender is not bound: \($0)" }
    return (report, last)
  }

  private func describe(_ stream: SendStream) -> StreamReport {
    StreamReport(
      id: stream.id, socket: Int(stream.socket.number), local: Endpoint(stream.socket.localAddress),
      remote: Endpoint(stream.socket.remoteAddress))
  }

  private var workerReports: [WorkerReport] {
    streams.enumerated().map { index, stream in
      let result = stream.finalResult
      return WorkerReport(
        index: index, cpu: result.pinRefusal == nil ? stream.cpu : nil, streams: [stream.id],
        usage: result.usage, calls: stream.counters.calls.load(ordering: .relaxed))
    }
  }

  private var settings: RunSettings {
    var settings = RunSettings()
    settings.streams = configuration.streams
    settings.blockLength = length
    settings.omit = configuration.omit
    switch configuration.end {
    case .seconds(let seconds): settings.duration = seconds
    case .bytes(let bytes): settings.bytes = bytes
    }
    settings.bandwidth = configuration.bitsPerSecond
    settings.interval = configuration.interval
    settings.maximumSegmentSize = configuration.maximumSegmentSize.map(Int.init)
    settings.window = configuration.window.map(Int.init)
    settings.congestion = configuration.congestion
    settings.verify = configuration.verify
    settings.requestedSend = configuration.method?.rawValue ?? SendChoice.automatic
    settings.send = choice.method.rawValue
    settings.sendReason = choice.reason
    return settings
  }
}

/// What the samples saw of one connection's TCP state; iperf3 reports extremes and means of them.
struct TCPTrack {
  private var previousRetransmits: UInt64 = 0
  private var rttSum: UInt64 = 0
  private var samples: UInt64 = 0
  private var largest = TCPReport()
  private var smallestRtt = UInt32.max

  /// One sample; its retransmits are those since the sample before.
  mutating func note(_ tcp: TCPReport) -> TCPReport {
    var sample = tcp
    sample.retransmits = tcp.retransmits &- previousRetransmits
    previousRetransmits = tcp.retransmits
    rttSum += UInt64(tcp.rtt)
    samples += 1
    smallestRtt = min(smallestRtt, tcp.rtt)
    largest.maximumRtt = max(largest.maximumRtt, tcp.rtt)
    largest.maximumSendWindow = max(largest.maximumSendWindow, tcp.sendWindow)
    largest.maximumCongestionWindow = max(largest.maximumCongestionWindow, tcp.congestionWindow)
    return sample
  }

  /// The state at the end, with what the samples saw.
  func summarize(_ tcp: TCPReport) -> TCPReport {
    var summary = tcp
    summary.maximumRtt = max(largest.maximumRtt, tcp.rtt)
    summary.minimumRtt = min(smallestRtt, tcp.rtt)
    summary.meanRtt = samples > 0 ? UInt32(clamping: rttSum / samples) : tcp.rtt
    summary.maximumSendWindow = max(largest.maximumSendWindow, tcp.sendWindow)
    summary.maximumCongestionWindow = max(largest.maximumCongestionWindow, tcp.congestionWindow)
    return summary
  }
}

extension IntervalStream {
  fileprivate mutating func add(_ tcp: TCPReport) {
    retransmits = tcp.retransmits
    congestionWindow = tcp.congestionWindow
    sendWindow = tcp.sendWindow
    rtt = tcp.rtt
    rttVariation = tcp.rttVariation
    pathMtu = tcp.pathMtu
  }
}
