import ArgumentParser
import Benchmark
import Glibc
import IperfProtocol
import Linux

struct ServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Receives test after test until told to stop.",
    discussion: """
      Serves `zcrx-bench client`, stock `iperf3 -c` (TCP, client to server) and raw streams: a connection that does not \
      begin with iperf3's cookie is received and measured until its end.
      """)

  @Option(name: .shortAndLong, help: "Port to listen on; 0 takes a free one and prints it.")
  var port: UInt16 = 5201

  @Option(name: [.customShort("B"), .long], help: ArgumentHelp("Address to listen on.", valueName: "host"))
  var bind: String?

  @OptionGroup var addressFamily: AddressFamilyOptions

  @Flag(name: [.customShort("1"), .long], help: "End after one test, with its exit status.")
  var oneOff = false

  @Option(
    name: [.customShort("t"), .customLong("time")],
    help: ArgumentHelp("Longest time a test may take; a raw stream ends well there.", valueName: "seconds"))
  var time: Double?

  @Option(
    name: [.customShort("n"), .customLong("bytes")],
    help: ArgumentHelp("Most bytes a test may bring (K, M, G, T); a raw stream ends well there.", valueName: "bytes"))
  var bytes: Bytes?

  @Option(
    help: """
      How to receive: auto, zc (zero-copy on a queue of -i), zc-copy (the same without a device, copying), epoll, \
      uring (io_uring, copying), mmap (whole pages are mapped, the rest is copied), or discard (bytes are not received \
      into user memory).
      """)
  var mode: ModeArgument = .auto

  @Option(help: "Receive threads, each bound to a CPU. (default: one per CPU, at most 8)")
  var workers: Int?

  @Option(
    name: [.customShort("A"), .long],
    help: ArgumentHelp("CPUs to bind the workers to, in turn: 0,2-5.", valueName: "list"))
  var affinity: CPUList?

  @Flag(name: .long, help: "Compare every byte with the pattern of zcrx-bench client --verify.")
  var verify = false

  @Option(
    help: ArgumentHelp(
      "Give a test up after so long without a byte, and a silent peer after at most 10 s; 0 waits on tests.",
      valueName: "seconds"))
  var idleTimeout: Double = 30

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "With -i: do not count what the kernel copies by a probe (fexit, kprobe), which tells it exactly; give bounds instead."
    ))
  var noTrace = false

  @Flag(name: .long, help: "Refuse raw streams: serve iperf3 and zcrx-bench clients only.")
  var noRaw = false

  @Option(help: ArgumentHelp("SO_RCVBUF of every stream (K, M, G).", valueName: "bytes"))
  var rcvbuf: Bytes?

  @Option(name: .shortAndLong, help: ArgumentHelp("Bytes per receive call (K, M).", valueName: "bytes"))
  var length: Bytes?

  @Option(name: .shortAndLong, help: ArgumentHelp("Network interface for zero-copy receive.", valueName: "name"))
  var interface: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Its receive queues: 1, 1,2 or 1-4.", valueName: "list"))
  var queue: String?

  @OptionGroup(title: "Zero-copy receive") var zeroCopy: ZeroCopyOptions

  @OptionGroup(title: "Placement and waiting") var placement: PlacementOptions

  @OptionGroup(title: "Zero-copy receive") var deferral: DeferralOptions

  // With the other strategy the parser passes over the value of `--allow-compare=epoll` where an option follows.
  @Option(
    defaultAsFlag: AllowedModes.all, parsing: .next,
    help: ArgumentHelp(
      "Let zcrx-bench clients choose the mode of their tests (client --compare), all of them or those of a list.",
      valueName: "modes"))
  var allowCompare: AllowedModes?

  @Flag(
    name: .long,
    help: "Tell clients the host name, the kernel, the CPU model and its flaws, and not only what was measured.")
  var shareEnvironment = false

  @Flag(name: .long, help: .hidden)
  var untilInputEnds = false

  @OptionGroup var report: ReportOptions

  @OptionGroup var gates: GateOptions

  func validate() throws {
    if queue != nil, interface == nil { throw ValidationError("-q names queues of an interface: give it with -i") }
    if let time, !(time > 0 && time <= 86_400) { throw ValidationError("-t takes up to 86400 seconds, not \(time)") }
    if let bytes, bytes.count == 0 { throw ValidationError("-n takes at least 1 byte") }
    if let workers, workers < 1 { throw ValidationError("--workers takes at least 1, not \(workers)") }
    guard idleTimeout == 0 || (0.1...86_400).contains(idleTimeout) else {
      throw ValidationError("--idle-timeout takes 0, or 0.1 to 86400 seconds, not \(idleTimeout)")
    }
    _ = try rcvbuf?.size(within: 1...ParameterLimits.window.upperBound, "--rcvbuf")
    _ = try length?.size(within: 1...Pattern.longestPiece * 16, "-l")
    if interface == nil, noTrace {
      throw ValidationError("--no-trace is about zero-copy receive from an interface: give it with -i")
    }
    if interface == nil, zeroCopy.isAboutInterface {
      throw ValidationError("--no-nic-setup, --keep-nic, --rx-ring and --steer are about an interface: give it with -i")
    }
    if affinity != nil, placement.placement != nil {
      throw ValidationError("-A and --placement both say where workers run: give one of them")
    }
    if !deferral.deferral.isEmpty { try validateDeferral() }
    if zeroCopy.steer == .port, port == 0 { throw ValidationError("--steer port needs a port: give it with -p") }
    switch mode.mode {
    case .zc? where interface == nil: throw ValidationError("--mode zc needs an interface: give it with -i")
    case .zcCopy? where interface != nil:
      throw ValidationError("--mode zc-copy receives without a device, and -i names one")
    case .zc? where workers != nil && allowCompare == nil:
      throw ValidationError("--workers: --mode zc has one for each queue (-q)")
    case nil where zeroCopy.isAboutMemory && interface == nil && !(allowCompare?.modes.contains(.zcCopy) ?? false):
      throw ValidationError(
        "--area, --hugepages, --area-size, --rx-buf-len, --rq-entries, --cq-entries, --cqe and --refill-memory are about "
          + "zero-copy receive: give an interface with -i, or --mode zc-copy")
    case .some(let named) where zeroCopy.isGiven && !named.isZeroCopyReceive:
      throw ValidationError("--mode \(named.rawValue) has no zero-copy memory to lay out")
    default: break
    }
    try allowCompare?.validate()
    try gates.validate(beside: report.json)
    if oneOff, allowCompare != nil {
      throw ValidationError("-1 ends after one test, and a comparison has many: leave -1 out, and end it with Ctrl-C")
    }
    if verify, mode.mode == .discard {
      throw ValidationError("--verify looks at every byte, and --mode discard receives none into user memory")
    }
  }

  /// It is a setting of the interface's zero-copy queues, and part of what is prepared and put back.
  private func validateDeferral() throws {
    let options = "--napi-defer and --gro-flush-timeout"
    guard interface != nil else { throw ValidationError("\(options) are about an interface: give it with -i") }
    if zeroCopy.noNicSetup { throw ValidationError("--no-nic-setup changes nothing: \(options) would") }
    if let mode = mode.mode, mode != .zc {
      throw ValidationError(
        "\(options) are set for the queues of zero-copy receive, and --mode \(mode.rawValue) has none")
    }
  }

  func run() throws {
    try reportingErrors {
      let signals = try TerminationSignals()
      if untilInputEnds { try terminateWhenInputEnds() }
      let placement = try cpuPlacement()
      let output = try RunOutput(report, gates: gates, role: .server, signals: signals)
      var stage: ModeStage?
      do {
        var configuration = configuration(placement)
        // An interface is touched last, when all else that may be refused has been had.
        let listener = try Listener(configuration)
        let chosen = try chooseMode(placement)
        stage = chosen
        (configuration.mode, configuration.polling) = (chosen.own, chosen.basis.grant)
        if configuration.mode.mode == .zc { configuration.deferral = deferral.deferral }
        let server = try Server(
          configuration, listener: listener, signals: signals, observer: output.observer,
          logger: DiagnosticLog.logger(verbose: report.verbose), stage: chosen)
        let status = try server.run()
        try output.exit(with: close(stage) || status != .done ? status : .failed)
      } catch let error as BenchmarkError {
        close(stage, afterFailure: true)
        output.observer.refused(error.description)
        try output.exit(with: error.exitStatus)
      }
    }
  }
}

extension ServerCommand {
  private var pollingWish: PollingWish { placement.polling }

  fileprivate func cpuPlacement() throws -> CPUPlacement {
    if let wish = placement.placement?.wish {
      return try CPUPlacement(workers: workers, wish, allowed: try allowedCPUs(), option: "--placement")
    }
    let wish = affinity.map { PlacementWish.cpus($0.cpus) } ?? .automatic
    return try CPUPlacement(workers: workers, wish, allowed: try allowedCPUs(), option: "-A")
  }

  /// What of the wish to poll and to wait `choice` can do; what it cannot is said before anything is received.
  private func grant(_ choice: ModeChoice) throws -> PollingGrant {
    var grant = try PollingGrant(pollingWish, in: choice.mode, isNamed: mode.mode != nil)
    if choice.mode != .zc, !deferral.deferral.isEmpty {
      grant.refusals.append("--napi-defer and --gro-flush-timeout are not used: there is no zero-copy queue")
    }
    for refusal in grant.refusals { DiagnosticLog.say("note: \(refusal)") }
    return grant
  }

  /// But for the mode, which is not known yet.
  private func configuration(_ placement: CPUPlacement) -> ServerConfiguration {
    var configuration = ServerConfiguration(
      mode: ModeChoice(requested: mode.mode), placement: placement, toolVersion: ZcrxBench.version)
    configuration.port = port
    configuration.bindAddress = bind
    configuration.family = addressFamily.family
    configuration.oneOff = oneOff
    configuration.durationLimit = time
    configuration.byteLimit = bytes?.count
    configuration.interval = report.interval
    configuration.verify = verify
    configuration.metersMemory = !report.noMemoryBandwidth
    configuration.idleTimeout = idleTimeout
    configuration.receivesRaw = !noRaw
    configuration.receiveBuffer = rcvbuf.map { Int32(clamping: $0.count) }
    configuration.length = receiveLength
    configuration.interface = interface
    configuration.queues = queue
    configuration.sharesEnvironment = shareEnvironment
    configuration.reportsJSON = report.json != nil || report.jsonStream
    return configuration
  }

  fileprivate var receiveLength: Int { length.map { Int(clamping: $0.count) } ?? ServerConfiguration.defaultLength }

  private var zeroCopyWish: ZeroCopyWish {
    var wish = zeroCopy.wish(
      interface: interface, queues: queue, receiveBuffer: rcvbuf.map { Int32(clamping: $0.count) })
    wish.workers = workers ?? 1
    wish.port = port
    wish.deferral = deferral.deferral
    return wish
  }

  /// The mode to receive with, how it waits, and its zero-copy workers where it has some.
  fileprivate func chooseMode(_ placement: CPUPlacement) throws -> ModeStage {
    let (own, grant, team) = try chooseOwnMode(placement)
    let basis = ModeStage.Basis(
      wish: zeroCopyWish, placement: placement, polling: pollingWish, grant: grant, length: receiveLength)
    return ModeStage(own: own, team: team, allowed: allowCompare?.modes, basis: basis)
  }

  private func chooseOwnMode(_ placement: CPUPlacement) throws -> (ModeChoice, PollingGrant, ZeroCopyTeam?) {
    guard mode.mode == .zc || mode.mode == .zcCopy || mode.mode == nil && interface != nil else {
      if let interface { try ZeroCopyStart.check(interface: interface, queues: queue) }
      if let named = mode.mode { try ReceiveModeCheck.run(named, length: receiveLength) }
      let choice = ModeChoice(requested: mode.mode, interface: nil)
      return (choice, try grant(choice), nil)
    }
    let choice = ModeChoice(requested: mode.mode, interface: interface)
    let grant = try grant(choice)
    var wish = zeroCopyWish
    wish.polling = grant.wish
    let isVerbose = report.verbose
    let started = try ZeroCopyStart.start(wish, placement) { event in
      switch event {
      case .planned: break
      case .applied(_, _, let command): if isVerbose { DiagnosticLog.say("setup: \(command)") }
      case .steered(let command): if isVerbose { DiagnosticLog.say("steer: \(command)") }
      case .restored(let command): if isVerbose { DiagnosticLog.say("restore: \(command)") }
      case .remark(let remark): DiagnosticLog.say("\(remark)")
      }
    }
    switch started {
    case .success(let team):
      // Before anything is received, and while nothing is measured.
      if !noTrace { team.trace() }
      for warning in team.warnings { DiagnosticLog.say("warning: \(warning)") }
      if report.verbose { for line in team.layout { DiagnosticLog.say(line) } }
      return (choice, grant, team)
    case .failure(let refusal) where mode.mode == nil:
      let choice = ModeChoice(requested: nil, interface: interface, zeroCopyRefusal: refusal.sentence)
      return (choice, try self.grant(choice), nil)
    case .failure(let refusal):
      for detail in refusal.details { DiagnosticLog.say("also: \(detail)") }
      throw BenchmarkError(refusal.sentence, refusal.isUnsupported ? .notSupported : .failed)
    }
  }
}

/// Gives queues and interface back, and says what is not as it was.
///
/// - Returns: whether everything was put back.
@discardableResult
private func close(_ stage: ModeStage?, afterFailure: Bool = false) -> Bool {
  let leftovers = stage?.close(afterFailure: afterFailure) ?? []
  for leftover in leftovers { DiagnosticLog.say("warning: \(leftover.description)") }
  return !leftovers.contains { $0.isFailure }
}

/// A demo's server must not outlive the demo, however that ends: its standard input then ends, and it ends itself as if
/// told to by SIGTERM.
private func terminateWhenInputEnds() throws(SystemCallError) {
  let watcher = try PinnedThread(name: "input", cpu: nil) { _ in
    var byte: UInt8 = 0
    while read(STDIN_FILENO, &byte, 1) > 0 {}
    kill(getpid(), SIGTERM)
  }
  watcher.detach()
}

/// `auto` or a mode's name.
enum ModeArgument: String, ExpressibleByArgument, CaseIterable {
  case auto
  case zc
  case zcCopy = "zc-copy"
  case epoll
  case uring
  case mmap
  case discard

  /// Nil for `auto`.
  var mode: ReceiveMode? { ReceiveMode(rawValue: rawValue) }
}
