import ArgumentParser
import Benchmark
import NetworkInterface

struct NICRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Puts an interface back as it was before `nic setup`, or before a server that was killed.",
    discussion: """
      Prints the commands of ethtool that do the same. What somebody else has changed meanwhile is left alone and said. \
      Does nothing where there is nothing to put back.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Network interface to put back.", valueName: "name"))
  var interface: String

  func run() throws {
    try reportingErrors {
      let stream = ReportStream()
      let remarks = try NICLeaseErrors.translated { () throws(LeaseError) in
        try LeaseRecovery.restore(interface) { NICLeaseText.tell($0, to: stream) }
      }
      if remarks == nil {
        do throws(InterfaceProblem) {
          _ = try InterfaceIdentity.read(interface)
        } catch {
          if case .noSuchInterface = error { throw BenchmarkError("\(error) (-i)", .usage) }
          throw BenchmarkError("\(error)")
        }
      }
      let isIncomplete = (remarks ?? []).contains { $0.kind == .notRestored }
      let isWritten = stream.finish()
      if isIncomplete || !isWritten { throw ExitCode(ExitStatus.failed.rawValue) }
    }
  }
}

/// The process that `InterfaceLease` starts; nobody types it.
struct NICGuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard", abstract: "Puts an interface back when the process that changed it is gone.",
    shouldDisplay: false)

  @Argument(help: .hidden)
  var journal: String

  func validate() throws {
    guard Guardian.isJournal(journal) else {
      throw ValidationError("'\(journal)' is no journal of zcrx-bench: those are in /run/zcrx-bench")
    }
  }

  func run() {
    Guardian.run(journal: journal)
  }
}
