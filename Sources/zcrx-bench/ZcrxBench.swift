import ArgumentParser
import Linux

@main
struct ZcrxBench: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "zcrx-bench",
    abstract: "Benchmarks TCP receive paths on Linux, io_uring zero-copy receive above all.",
    discussion: """
      A server receives from `zcrx-bench client`, from a stock `iperf3 -c`, or from any program that opens a TCP \
      connection and writes. A client sends to `zcrx-bench server` or to a stock `iperf3 -s`.

      Exit status: 0 done as asked, 1 failed or partial, 2 a gate was not met, 64 wrong command line, 77 not supported \
      on this machine.
      """,
    version: "zcrx-bench \(version)",
    subcommands: [
      ServerCommand.self, ClientCommand.self, ReportCommand.self, DiffCommand.self, DoctorCommand.self,
      DemoCommand.self, NICCommand.self, MemoryBandwidthCommand.self, PatternCommand.self,
    ])

  /// As `ParsableCommand.main()`, between what has to come first and last.
  static func main() {
    StandardDescriptors.openMissing()
    do {
      var command = try parseAsRoot(ProgramArguments.words)
      try command.run()
      DiagnosticLog.finish()
    } catch {
      DiagnosticLog.finish()
      exit(withError: error)
    }
  }
}
