import ArgumentParser

/// How a run is shown; the same for both sides.
struct ReportOptions: ParsableArguments {
  static let standardOutput = "-"

  @Option(
    name: .customLong("interval"),
    help: ArgumentHelp("Seconds between reports; 0 reports only at the end. (default: 1)", valueName: "seconds"))
  var givenInterval: Double?

  /// Seconds between reports.
  var interval: Double { givenInterval ?? 1 }

  @Option(
    name: [.customShort("J"), .long], defaultAsFlag: ReportOptions.standardOutput,
    help: ArgumentHelp(
      "Write iperf3's JSON document to standard output, or to FILE beside the text report.", valueName: "file"))
  var json: String?

  @Flag(name: .long, help: "Write a line of JSON for the start, each interval and the end, as they happen.")
  var jsonStream = false

  @Flag(name: .customLong("no-membw"), help: "Do not count the traffic of the machine's memory.")
  var noMemoryBandwidth = false

  @Flag(name: [.customShort("V"), .long], help: "Report each worker, and log what is done.")
  var verbose = false

  func validate() throws {
    guard interval == 0 || (0.1...60).contains(interval) else {
      throw ValidationError("--interval takes 0, or 0.1 to 60 seconds, not \(interval)")
    }
    if json != nil, jsonStream { throw ValidationError("--json and --json-stream exclude each other") }
  }
}
