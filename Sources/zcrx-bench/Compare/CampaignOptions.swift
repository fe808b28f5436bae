import ArgumentParser
import Benchmark

/// Many runs by one command (docs/compare.md).
struct CampaignOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Have the server receive in these modes in turn and compare them: epoll,zc or all (server --allow-compare).",
      valueName: "modes"))
  var compare: ModeList?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run every combination of these settings: flows, length, rx-buf-len, placement, mode.",
      valueName: "setting=values"))
  var sweep: [SweepArgument] = []

  @Option(help: "Runs of each mode or combination, in turn. (default: 7 with --compare, 3 with --sweep)")
  var rounds: Int?

  @Flag(name: .long, help: "Go on with the sweep that the file of --json holds.")
  var resume = false

  @Option(help: ArgumentHelp("Write the page of zcrx-bench report to FILE too.", valueName: "file"))
  var html: String?

  @Flag(name: .long, help: "Leave out runs that something disturbed.")
  var excludeDisturbed = false

  var isGiven: Bool { compare != nil || !sweep.isEmpty }

  func validate() throws {
    guard isGiven else {
      if rounds != nil || resume || html != nil || excludeDisturbed {
        throw ValidationError("--rounds, --resume, --html and --exclude-disturbed are about --compare and --sweep")
      }
      return
    }
    if compare != nil, !sweep.isEmpty {
      throw ValidationError("--compare and --sweep exclude each other; modes can be swept: --sweep mode=epoll,zc")
    }
    if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds takes 1 to 1000, not \(rounds)") }
    if html == ReportOptions.standardOutput {
      throw ValidationError("--html writes to a file; report --html - does not")
    }
    if resume, sweep.isEmpty { throw ValidationError("--resume goes on with a sweep: give it with --sweep") }
    let wishes = try wishes()
    if let twice = wishes.first(where: { wish in wishes.filter { $0.setting == wish.setting }.count > 1 }) {
      throw ValidationError("--sweep has \(twice.setting.rawValue) twice; give all its values at once")
    }
    let points = wishes.reduce(1) { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }
    guard points <= 10_000 else { throw ValidationError("--sweep takes up to 10000 combinations, not \(points)") }
  }

  func wishes() throws -> [SweepWish] { try sweep.map { try $0.wish() } }

  /// Rounds that show a difference at all (docs/compare.md), or a median.
  var effectiveRounds: Int { rounds ?? (compare != nil ? 7 : 3) }

  /// Seconds of a run, and at its start those that do not count, where the user leaves them open.
  static let defaultTime = 5
  static let defaultOmit = 1
}
