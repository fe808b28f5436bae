import ArgumentParser
import Benchmark
import NetworkInterface

struct NICCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nic",
    abstract: "Looks at, prepares and puts back what decides about receiving on a network interface.",
    subcommands: [NICShowCommand.self, NICSetupCommand.self, NICRestoreCommand.self, NICGuardCommand.self])
}

struct NICShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Prints queues, rings, RSS, flow rules, features and who holds what.",
    discussion: """
      Changes nothing and needs no privilege. What the kernel or the driver does not offer is said to be absent, with the \
      reason.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Network interface to look at.", valueName: "name"))
  var interface: String

  @Flag(name: [.customShort("J"), .long], help: "Print one JSON document instead of text.")
  var json = false

  func run() throws {
    try reportingErrors {
      let state = try read()
      let stream = ReportStream()
      if json {
        stream.write(NICDocument.document(for: state).serialized(pretty: true) + [UInt8(ascii: "\n")])
      } else {
        stream.write(lines: NICText.lines(for: state))
      }
      if !stream.finish() { throw ExitCode(ExitStatus.failed.rawValue) }
    }
  }

  private func read() throws(BenchmarkError) -> NICState {
    do throws(InterfaceProblem) {
      return try NICState.read(interface)
    } catch {
      if case .noSuchInterface = error { throw BenchmarkError("\(error) (-i)", .usage) }
      throw BenchmarkError("\(error)")
    }
  }
}
