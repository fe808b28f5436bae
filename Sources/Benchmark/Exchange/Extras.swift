import BoundedJSON
import IperfProtocol
import Report

/// What zcrx-bench adds to iperf3's messages, under one key that iperf3 ignores (docs/protocol.md).
enum Extras {
  // In the client's parameters.
  static let version = "version"
  /// The payload is the pattern of docs/verification.md, in its place.
  static let pattern = "pattern"
  /// The receiver is to compare every byte.
  static let verify = "verify"
  /// The mode to receive this test with (--compare).
  static let mode = "mode"
  /// Bytes of a buffer of the zero-copy area, in this test (--sweep rx-buf-len=…).
  static let bufferLength = "rx_buf_len"
  /// Where this test's workers run: `same` or `other`, relative to the CPU that serves (--sweep placement=…).
  static let placement = "placement"
  /// The client wants to know what it may ask for.
  static let asksForModes = "asks_for_modes"
  // In the client's results.
  /// Bytes since the connection was made, omitted seconds included, by stream.
  static let totals = "totals"
  /// What the sender knows about what may have limited the run, `load` of a `zcrx_bench` object.
  static let load = "load"
  // In the server's results.
  /// The server's whole report, a `zcrx_bench` object.
  static let report = "report"
  /// Modes by name, each an object: `unavailable` says why not, `label` what it really is.
  static let modes = "modes"
  static let unavailable = "unavailable"
  static let label = "label"
  /// Why the last test that a client asked for was refused, in words: iperf3's message has room for a number alone.
  static let lastRefusal = "last_refusal"
}

extension TestParameters {
  /// What our client asks for, once it knows how it will send.
  init(_ configuration: ClientConfiguration, method: SendMethod) {
    self.init()
    omit = configuration.omit
    switch configuration.end {
    case .seconds(let seconds): time = seconds
    case .bytes(let count):
      time = 0
      bytes = count
    }
    parallel = configuration.streams
    length = configuration.length(with: method)
    bandwidth = configuration.bitsPerSecond
    if configuration.bitsPerSecond > 0 { burst = configuration.burst }
    maximumSegmentSize = configuration.maximumSegmentSize.map(Int.init)
    window = configuration.window.map(Int.init)
    congestion = configuration.congestion
    getServerOutput = configuration.getServerOutput
    zerocopy = method == .sendfile
    clientVersion = "zcrx-bench \(configuration.toolVersion)"
    extras = [
      Extras.version: .string(configuration.toolVersion),
      Extras.pattern: .bool(configuration.verify),
      Extras.verify: .bool(configuration.verify),
    ]
    if let mode = configuration.mode { extras?[Extras.mode] = .string(mode.rawValue) }
    if let length = configuration.bufferLength { extras?[Extras.bufferLength] = JSONValue(length) }
    if let placement = configuration.receiverPlacement { extras?[Extras.placement] = .string(placement.rawValue) }
    if configuration.asksForModes { extras?[Extras.asksForModes] = .bool(true) }
  }

  /// What iperf3 would do and this server does not, without making the figures wrong: one sentence each.
  var ignored: [String] {
    [
      typeOfService.map { "the client's type of service (-S \($0)) is not set on the server's side" },
      flowLabel.map { "the client's flow label (-L \($0)) is not set on the server's side" },
      serverAffinity.map { "the client's choice of a CPU for the server (-A n,\($0)) is left to the server's own -A" },
      skipReceiveCopy
        ? "the client's --skip-rx-copy is left to the server's own --mode: only its operator chooses how to receive"
        : nil,
    ].compactMap { $0 }
  }

  var sendsPattern: Bool { extras?[Extras.pattern] == .bool(true) }
  var asksForModes: Bool { extras?[Extras.asksForModes] == .bool(true) }
  var wantsVerification: Bool { extras?[Extras.verify] == .bool(true) }
}

extension ServerContext {
  /// The settings of a test that a client asked for.
  func settings(for parameters: TestParameters) -> RunSettings {
    var settings = baseSettings
    settings.streams = parameters.parallel
    settings.blockLength = parameters.length
    settings.omit = parameters.omit
    settings.duration = parameters.time
    settings.bytes = parameters.bytes
    settings.bandwidth = parameters.bandwidth
    settings.fairQueueRate = parameters.fairQueueRate
    settings.title = parameters.title
    settings.extraData = parameters.extraData
    settings.maximumSegmentSize = parameters.maximumSegmentSize
    settings.window = configuration.receiveBuffer.map(Int.init) ?? parameters.window
    settings.congestion = parameters.congestion
    settings.verify = configuration.verify || parameters.wantsVerification
    return settings
  }
}

extension TestResults {
  /// Bytes since the connection was made, by stream id; empty when the peer does not tell.
  var totalBytesByStream: [Int: UInt64] {
    guard case .array(let totals)? = extras?[Extras.totals] else { return [:] }
    var byStream: [Int: UInt64] = [:]
    for case .object(let total) in totals {
      if let id = total["id"]?.intValue, let bytes = total["bytes"]?.uint64Value { byStream[id] = bytes }
    }
    return byStream
  }

  /// What is wrong with the streams these results are about, when the test had others; nil when they are the same.
  func mismatch(with ids: [Int]) -> String? {
    let told = Set(streams.map(\.id))
    if let unknown = told.subtracting(ids).min() {
      return "they tell of stream \(unknown), which the test does not have"
    }
    if let missing = Set(ids).subtracting(told).min() { return "they do not tell of stream \(missing)" }
    return nil
  }

  /// The report of a zcrx-bench server; nil when the server is another, or its report is not usable.
  var serverReport: RunReport? {
    guard let json = extras?[Extras.report] else { return nil }
    return try? RunReport(json: json)
  }

  /// What the sender knows about what may have limited the run; nil when it does not tell, or what it tells is not
  /// usable.
  var senderLoad: LoadEvidence? {
    guard let json = extras?[Extras.load] else { return nil }
    return try? LoadEvidence(json: json)
  }

  /// What our client says of its test.
  init(sender test: SendTest?, report: RunReport?) {
    self.init(streams: [])
    guard let test, let report else { return }
    cpuTotal = report.processor.totalPercent
    cpuUser = report.processor.userPercent
    cpuSystem = report.processor.systemPercent
    senderHasRetransmits = 1
    congestionUsed = report.streams.first?.tcp?.congestion
    streams = report.streams.map { stream in
      StreamResult(
        id: stream.id, bytes: stream.sent?.bytes ?? 0, retransmits: stream.tcp?.retransmits, startTime: 0,
        endTime: stream.sent?.end)
    }
    var extras: JSONObject = [
      Extras.totals: .array(test.totals.map { .object(["id": JSONValue($0.id), "bytes": JSONValue($0.bytes)]) })
    ]
    extras[Extras.load] = report.load?.json()
    self.extras = extras
  }

  /// What our server says of its test.
  ///
  /// - Parameters:
  ///   - detailed: the client is ours and understands the whole report.
  ///   - output: what the client asked to see of the server's own output.
  init(_ report: RunReport, detailed: Bool, output: FinishedRun) {
    self.init(streams: [])
    cpuTotal = report.processor.totalPercent
    cpuUser = report.processor.userPercent
    cpuSystem = report.processor.systemPercent
    congestionUsed = report.streams.first?.tcp?.congestion
    streams = report.streams.map { stream in
      StreamResult(
        id: stream.id, bytes: stream.received?.bytes ?? 0, retransmits: nil, startTime: 0, endTime: stream.received?.end
      )
    }
    serverOutputText = output.serverOutputText
    serverOutputJSON = output.serverOutput
    if detailed {
      // The client has its own intervals, and a long run's would outgrow what it accepts.
      var brief = report
      brief.intervals = []
      extras = [Extras.report: brief.json()]
    }
  }
}
