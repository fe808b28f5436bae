import ArgumentParser
import Benchmark

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says whether zero-copy receive can be used here, and what stands in the way.",
    discussion: """
      Changes nothing. With -i it also looks at an interface and one of its queues, as a server would find them that \
      prepares the interface itself.

      Exit status: 0 nothing stands in the way, 1 something does that can be mended, 77 this machine cannot do it.
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

  func validate() throws {
    if queue != nil, interface == nil { throw ValidationError("-q is a queue of an interface: give it with -i") }
    if noNicSetup, interface == nil { throw ValidationError("--no-nic-setup is about an interface: give it with -i") }
  }

  func run() throws {
    try reportingErrors {
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
}
