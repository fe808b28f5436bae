import ArgumentParser
import Benchmark
import Linux

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Tries everything on this machine alone: no NIC, no second machine.",
    discussion: """
      As root, server and client live in two network namespaces joined by a veth pair, which vanish with the demo; \
      otherwise on the loopback interface.
      """)

  @Option(
    name: [.customShort("t"), .customLong("time")], help: ArgumentHelp("Length of each run.", valueName: "seconds"))
  var time = 2

  func validate() throws {
    guard (1...60).contains(time) else { throw ValidationError("-t takes 1 to 60 seconds, not \(time)") }
  }

  func run() throws {
    try reportingErrors {
      let signals = try TerminationSignals()
      let stream = ReportStream(signals: signals)
      let demo = try Demo(executable: "/proc/self/exe", seconds: time, signals: signals)
      let status = try demo.run { (line) throws(BenchmarkError) in
        stream.write(lines: [line])
        if let failure = stream.failure { throw BenchmarkError(failure.description) }
      }
      throw ExitCode(status.rawValue)
    }
  }
}
