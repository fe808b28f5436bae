import ArgumentParser
import Report

/// What a run must be, and files that say whether it was; the same for both sides.
struct GateOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "End with 2 unless the final report is so: 'throughput>=90Gbps', 'zero-copy.proven>=50%'. May be given again.",
      valueName: "gate"))
  var require: [Gate] = []

  @Option(name: .long, help: ArgumentHelp("Write each run and its gates as JUnit XML to FILE.", valueName: "file"))
  var junit: String?

  @Option(name: .long, help: ArgumentHelp("Write a summary of each run as Markdown to FILE.", valueName: "file"))
  var markdown: String?

  @Option(name: .long, help: ArgumentHelp("Write each run's figures as OpenMetrics text to FILE.", valueName: "file"))
  var metrics: String?

  /// Kept until `validate`, so that what is wrong with it is said in its own words.
  struct Gate: ExpressibleByArgument {
    let requirement: Result<Requirement, ExpressionError>

    init?(argument: String) {
      do {
        requirement = .success(try Requirement(argument))
      } catch {
        requirement = .failure(error)
      }
    }
  }

  func validate() throws {
    for gate in require {
      if case .failure(let error) = gate.requirement { throw ValidationError("--require: \(error)") }
    }
    let files = [junit, markdown, metrics].compactMap(\.self)
    guard Set(files).count == files.count else {
      throw ValidationError("--junit, --markdown and --metrics need a file each")
    }
  }

  /// - Parameter json: the file of `--json`.
  func validate(beside json: String?) throws {
    guard let json, [junit, markdown, metrics].contains(json) else { return }
    throw ValidationError("--json, --junit, --markdown and --metrics need a file each")
  }

  var isEmpty: Bool { require.isEmpty && junit == nil && markdown == nil && metrics == nil }

  var requirements: [Requirement] {
    require.compactMap { try? $0.requirement.get() }
  }
}
