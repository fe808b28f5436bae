import ArgumentParser
import Benchmark
import IperfProtocol
import Linux
import Report

struct ClientCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "Sends one test to a zcrx-bench server or a stock iperf3 -s.",
    discussion: "Options mean what they mean in iperf3; -i is --interval here, and -Z is --send sendfile.")

  @Argument(help: "Name or address of the server.")
  var host: String?

  @Option(name: .shortAndLong, help: "Port of the server.")
  var port: UInt16 = 5201

  @OptionGroup var addressFamily: AddressFamilyOptions

  @Option(name: [.customShort("P"), .long], help: ArgumentHelp("Streams at once, 1 to 128.", valueName: "streams"))
  var parallel = 1

  @Option(
    name: [.customShort("t"), .customLong("time")],
    help: ArgumentHelp("How long to send; 0 is until stopped. (default: 10; each run of many 5)", valueName: "seconds"))
  var time: Int?

  @Option(
    name: [.customShort("n"), .customLong("bytes")],
    help: ArgumentHelp("How much to send over all streams, instead of -t (K, M, G, T).", valueName: "bytes"))
  var bytes: Bytes?

  @Option(
    name: [.customShort("O"), .long],
    help: ArgumentHelp(
      "Seconds at the start that do not count. (default: 0; of each run of many 1)", valueName: "seconds"))
  var omit: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Bytes per send call, up to 1M. (default: what suits --send, less at a low -b)", valueName: "bytes"))
  var length: Bytes?

  @Option(name: .shortAndLong, help: ArgumentHelp("Socket buffers of both sides (K, M, G).", valueName: "bytes"))
  var window: Bytes?

  @Option(name: [.customShort("M"), .long], help: ArgumentHelp("TCP maximum segment size.", valueName: "bytes"))
  var setMss: Int?

  @Option(
    name: [.customShort("C"), .long], help: ArgumentHelp("TCP congestion control of both sides.", valueName: "name"))
  var congestion: String?

  @Option(
    name: [.customShort("b"), .customLong("bitrate")],
    help: ArgumentHelp("Bits per second of each stream, with an optional burst: 900M, 1G/10.", valueName: "rate"))
  var bitrate: Rate?

  @Option(
    help: ArgumentHelp(
      "How to hand bytes to the kernel: auto, write, sendfile, splice, msg-zerocopy, uring or uring-zc.",
      discussion:
        "auto is splice over loopback and veth, and elsewhere zero-copy for as long as the kernel does not copy."))
  var send: SendArgument = .auto

  @Flag(name: [.customShort("Z"), .long], help: "The same as --send sendfile.")
  var zerocopy = false

  @Option(
    name: [.customShort("A"), .long],
    help: ArgumentHelp("CPUs to bind the senders to, in turn: 0,2-5.", valueName: "list"))
  var affinity: CPUList?

  @Flag(name: .long, help: "Show what the server printed.")
  var getServerOutput = false

  @Flag(name: .long, help: "Send a pattern, and have the server compare every byte (zcrx-bench server only).")
  var verify = false

  @Option(help: ArgumentHelp("How long to wait for a connection.", valueName: "milliseconds"))
  var connectTimeout = 10_000

  @OptionGroup(title: "Many runs") var campaign: CampaignOptions

  @OptionGroup var report: ReportOptions

  @OptionGroup var gates: GateOptions

  func validate() throws {
    if port == 0 { throw ValidationError("-p takes 1 to 65535: no server listens on port 0") }
    guard ParameterLimits.parallel.contains(parallel) else {
      throw ValidationError("-P takes 1 to 128 streams, not \(parallel)")
    }
    if time != nil, bytes != nil { throw ValidationError("-t and -n exclude each other: only one can end the test") }
    if let time, !ParameterLimits.time.contains(time) {
      throw ValidationError("-t takes 1 to 86400 seconds, or 0 to send until stopped, not \(time)")
    }
    if let bytes, bytes.count == 0 || bytes.count > UInt64(Int64.max) {
      throw ValidationError("-n takes 1 byte to 8 EiB, not \(bytes.count)")
    }
    if let omit, !(0...60).contains(omit) { throw ValidationError("-O takes 0 to 60 seconds, not \(omit)") }
    if let omit, omit > 0, bytes != nil {
      throw ValidationError("-O omits the first seconds, and with -n they could be all there are")
    }
    _ = try length?.size(within: ParameterLimits.length, "-l")
    _ = try window?.size(within: 1...ParameterLimits.window.upperBound, "-w")
    if let setMss, !(1...ParameterLimits.maximumSegmentSize.upperBound).contains(setMss) {
      throw ValidationError("-M takes 1 to \(ParameterLimits.maximumSegmentSize.upperBound) bytes, not \(setMss)")
    }
    if let congestion, !ParameterLimits.congestionNameLength.contains(congestion.utf8.count) {
      throw ValidationError("-C takes the name of a congestion control, not '\(congestion)'")
    }
    if !(1...3_600_000).contains(connectTimeout) {
      throw ValidationError("--connect-timeout takes 1 to 3600000 milliseconds, not \(connectTimeout)")
    }
    if zerocopy, send != .auto, send != .sendfile {
      throw ValidationError("-Z is --send sendfile, and --send \(send.rawValue) was given")
    }
    let (_, report) = try serverAndReport()
    try gates.validate(beside: report.json)
    if campaign.isGiven { try validateCampaign(report) }
  }

  /// What is about one run has no place where there are many.
  private func validateCampaign(_ report: ReportOptions) throws {
    if report.jsonStream { throw ValidationError("--json-stream is of single runs; --compare and --sweep have --json") }
    if time == 0 { throw ValidationError("-t 0 sends until stopped, and each of many runs needs an end") }
    if getServerOutput { throw ValidationError("--get-server-output is of single runs, not of --compare and --sweep") }
    if report.givenInterval != nil {
      throw ValidationError("--interval is of single runs, not of --compare and --sweep")
    }
    if !gates.isEmpty {
      throw ValidationError(
        "--require, --junit, --markdown and --metrics are of single runs; zcrx-bench diff --fail-on judges many")
    }
    if campaign.resume, report.json ?? ReportOptions.standardOutput == ReportOptions.standardOutput {
      throw ValidationError("--resume goes on with a file: name it with --json FILE")
    }
    if let html = campaign.html, html == report.json {
      throw ValidationError("--json and --html need a file each")
    }
    let axes = try campaign.wishes().map(\.setting)
    if axes.contains(.flows), parallel != 1 { throw ValidationError("-P and --sweep flows both set the streams") }
    if axes.contains(.length), length != nil { throw ValidationError("-l and --sweep length both set the length") }
  }

  /// `-J HOST` reads as "write JSON to the file HOST"; with no host left it must have meant the host.
  private func serverAndReport() throws -> (host: String, report: ReportOptions) {
    if let host { return (host, report) }
    guard let json = report.json, json != ReportOptions.standardOutput else {
      throw ValidationError("Missing expected argument '<host>'")
    }
    var report = report
    report.json = ReportOptions.standardOutput
    return (json, report)
  }

  func run() throws {
    try reportingErrors {
      let signals = try TerminationSignals()
      let (host, report) = try serverAndReport()
      var configuration = ClientConfiguration(host: host, toolVersion: ZcrxBench.version)
      configuration.port = port
      configuration.family = addressFamily.family
      configuration.streams = parallel
      configuration.end =
        bytes.map { .bytes($0.count) } ?? .seconds(time ?? (campaign.isGiven ? CampaignOptions.defaultTime : 10))
      configuration.omit = omit ?? (campaign.isGiven && bytes == nil ? CampaignOptions.defaultOmit : 0)
      configuration.window = window.map { Int32(clamping: $0.count) }
      configuration.maximumSegmentSize = setMss.map { Int32(clamping: $0) }
      configuration.congestion = congestion
      configuration.bitsPerSecond = bitrate?.quantity.bitsPerSecond ?? 0
      configuration.length = length.map { Int(clamping: $0.count) }
      configuration.burst = bitrate?.quantity.burst ?? 1
      configuration.method = zerocopy ? .sendfile : send.method
      configuration.affinity =
        try affinity.map {
          try CPUPlacement(workers: nil, affinity: $0.cpus, allowed: try allowedCPUs()).cpus.compactMap { $0 }
        } ?? []
      configuration.interval = report.interval
      configuration.getServerOutput = getServerOutput
      configuration.verify = verify
      configuration.metersMemory = !report.noMemoryBandwidth
      configuration.connectTimeout = Double(connectTimeout) / 1000
      if campaign.isGiven {
        let start = CampaignStart(options: campaign, report: report, signals: signals)
        throw ExitCode(try start.run(configuration).rawValue)
      }
      let output = try RunOutput(report, gates: gates, role: .client, signals: signals)
      let client = try Client(
        configuration, signals: signals, observer: output.observer,
        logger: DiagnosticLog.logger(verbose: report.verbose))
      do {
        try output.exit(with: try client.run())
      } catch let error as BenchmarkError {
        output.observer.refused(error.description)
        try output.exit(with: error.exitStatus)
      }
    }
  }
}

enum SendArgument: String, ExpressibleByArgument, CaseIterable {
  case auto
  case write
  case sendfile
  case splice
  case msgZeroCopy = "msg-zerocopy"
  case uring
  case uringZeroCopy = "uring-zc"

  /// Nil leaves the choice to the client.
  var method: SendMethod? { SendMethod(rawValue: rawValue) }
}
