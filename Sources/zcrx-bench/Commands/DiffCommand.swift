import ArgumentParser
import Benchmark
import Report

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Says what changed between two sets of reports, and whether it is more than noise.",
    discussion: """
      Each side is a file, a folder or a pattern, or several of them after --base and --new. A difference is called \
      where an exact rank test of at least five runs a side shows one; fewer are compared without calling a winner.

      Exit status: 0 compared, 1 a file could not be read or nothing could be compared, 2 a --fail-on was met.
      """)

  @Argument(help: "The two sides, BASE and NEW, where each is one file, folder or pattern.")
  var sides: [String] = []

  @Option(name: .long, parsing: .upToNextOption, help: ArgumentHelp("Reports before the change.", valueName: "files"))
  var base: [String] = []

  @Option(name: .long, parsing: .upToNextOption, help: ArgumentHelp("Reports after it.", valueName: "files"))
  var new: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("End with 2 where a change is so: 'throughput<-3%'. May be given again.", valueName: "change"))
  var failOn: [Gate] = []

  @Flag(name: .long, help: "Write Markdown, for a comment on a change.")
  var markdown = false

  @Flag(name: .long, help: "Leave out runs that something disturbed.")
  var excludeDisturbed = false

  struct Gate: ExpressibleByArgument {
    let condition: Result<FailCondition, ExpressionError>

    init?(argument: String) {
      do {
        condition = .success(try FailCondition(argument))
      } catch {
        condition = .failure(error)
      }
    }
  }

  func validate() throws {
    guard sides.isEmpty ? !base.isEmpty && !new.isEmpty : sides.count == 2 && base.isEmpty && new.isEmpty else {
      throw ValidationError("give BASE and NEW, or files after --base and after --new")
    }
    for gate in failOn {
      if case .failure(let error) = gate.condition { throw ValidationError("--fail-on: \(error)") }
    }
  }

  func run() throws {
    try reportingErrors {
      let difference = Difference(
        base: try side(sides.first.map { [$0] } ?? base), new: try side(sides.last.map { [$0] } ?? new))
      let gates = try failOn.flatMap { try $0.condition.get().results(for: difference) }
      let text = DifferenceText(difference, gates: gates)
      let stream = ReportStream()
      stream.write(lines: markdown ? text.markdown : text.lines)
      if !stream.finish() { throw ExitCode(ExitStatus.failed.rawValue) }
      if gates.contains(where: \.fails) { throw ExitCode(ExitStatus.gateFailed.rawValue) }
      if difference.subjects.isEmpty {
        DiagnosticLog.say("error: nothing could be compared")
        throw ExitCode(ExitStatus.failed.rawValue)
      }
    }
  }

  private func side(_ files: [String]) throws -> DifferenceSide {
    DifferenceSide(try RecordedFiles.documents(files), excludingDisturbed: excludeDisturbed)
  }
}
