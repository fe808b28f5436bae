import ArgumentParser
import Benchmark
import Linux

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says whether zero-copy receive can be used here, and what stands in the way.",
    discussion: """
      Changes nothing. With -i it also looks at an interface and one of its queues, as a server would find them that \
      prepares the interface itself.

      Exit status: 0 nothing stands in the way, 1 something does that can be mended, 77 this machine cannot do it.

      With --first-light it makes a first run on a real NIC: it prepares the interface, says what to run on the machine at \
      its other end, receives that once, puts the interface back, and writes all that was seen to a file without addresses \
      and host names, which an issue can have. Exit status: 0 received without copying, as far as can be told, and the NIC \
      is as before; 77 this machine cannot; 1 otherwise.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Network interface to look at.", valueName: "name"))
  var interface: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Its receive queue. (default: the last one)", valueName: "number"))
  var queue: UInt16?

  @Flag(name: .long, help: "Judge the interface as it is now, as for server --no-nic-setup.")
  var noNicSetup = false

  @Flag(name: [.customShort("J"), .long], help: "Print one JSON document instead of text.")
  var json = false

  @Flag(help: "Make a first run on -i, and write down all that was seen.")
  var firstLight = false

  @Option(
    help: ArgumentHelp(
      "Where to write it; must not be there yet. (default: \(FirstLightFile.defaultName))", valueName: "file"))
  var output: String?

  @Option(name: .shortAndLong, help: "Port of the first run. (default: 5201)")
  var port: UInt16?

  @Option(help: ArgumentHelp("How long the first run waits for a sender. (default: 120)", valueName: "seconds"))
  var wait: Double?

  func validate() throws {
    if firstLight {
      guard interface != nil else { throw ValidationError("--first-light is a run on an interface: give it with -i") }
      if json { throw ValidationError("--first-light writes text: leave --json out") }
      if noNicSetup { throw ValidationError("--first-light prepares the interface, and --no-nic-setup forbids it") }
      if port == 0 { throw ValidationError("-p takes a port that a sender can be told, not 0") }
      if let wait, !(wait >= 1 && wait <= 86_400) {
        throw ValidationError("--wait takes 1 to 86400 seconds, not \(wait)")
      }
    } else if output != nil || port != nil || wait != nil {
      throw ValidationError("--output, --port and --wait are of --first-light")
    }
    if queue != nil, interface == nil { throw ValidationError("-q is a queue of an interface: give it with -i") }
    if noNicSetup, interface == nil { throw ValidationError("--no-nic-setup is about an interface: give it with -i") }
  }

  func run() throws {
    try reportingErrors {
      if firstLight { try makeFirstRun() }
      let examination = try Examination.run(
        interface: interface, queue: queue.map { Int($0) }, preparesInterface: !noNicSetup)
      let stream = ReportStream()
      if json {
        stream.write(DoctorDocument.document(for: examination).serialized(pretty: true) + [UInt8(ascii: "\n")])
      } else {
        stream.write(lines: DoctorText.lines(for: examination))
      }
      if !stream.finish() { throw ExitCode(ExitStatus.failed.rawValue) }
      if examination.verdict != .ready { throw ExitCode(examination.exitStatus.rawValue) }
    }
  }

  private func makeFirstRun() throws -> Never {
    let signals = try TerminationSignals()
    let stream = ReportStream(signals: signals)
    let status = try FirstLight(
      interface: interface ?? "", queue: queue.map { Int($0) }, port: port ?? 5201, wait: wait ?? 120, signals: signals,
      stream: stream
    ).run(writingTo: output ?? FirstLightFile.defaultName)
    throw ExitCode((stream.finish() ? status : .failed).rawValue)
  }
}
