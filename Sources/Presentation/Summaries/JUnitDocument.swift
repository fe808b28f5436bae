import Report

/// Runs as JUnit's XML, which CI systems show: one suite for each run, one case for its end and one for each gate.
public enum JUnitDocument {
  /// What the document's first element says of all its suites.
  public struct Counts: Sendable {
    var tests = 0
    var failures = 0
    var errors = 0

    public init() {}

    public init(_ run: JudgedRun) {
      tests = run.results.count + 1
      failures = unmet(run)
      errors = run.failure == nil ? 0 : 1
    }

    public static func + (left: Counts, right: Counts) -> Counts {
      var sum = left
      sum.tests += right.tests
      sum.failures += right.failures
      sum.errors += right.errors
      return sum
    }
  }

  public static func text(for runs: [JudgedRun]) -> String {
    head(runs.map(Counts.init).reduce(Counts(), +)) + runs.map(suite(for:)).joined() + tail
  }

  /// What stands before the suites: always as many bytes, so that it can be written over when there is a suite more.
  public static func head(_ counts: Counts) -> String {
    let text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"zcrx-bench\" tests=\"\(counts.tests)\" "
      + "failures=\"\(counts.failures)\" errors=\"\(counts.errors)\""
    return text + String(repeating: " ", count: max(0, longestHead - text.utf8.count)) + ">\n"
  }

  private static let longestHead = 160

  public static let tail = "</testsuites>\n"

  public static func suite(for run: JudgedRun) -> String { suite(run).text + "\n" }

  private static func suite(_ run: JudgedRun) -> Markup {
    let seconds = (run.report?.processor.wallSeconds ?? 0).text(decimals: 3)
    var cases = [
      Markup.element(
        "testcase", ["classname": "zcrx-bench", "name": "the run completes", "time": seconds],
        all: run.failure.map { [.element("error", ["message": $0, "type": "run"], .text($0))] } ?? [])
    ]
    cases += run.results.map { result in
      .element(
        "testcase", ["classname": "zcrx-bench", "name": result.requirement.text, "time": "0"],
        all: [
          result.isMet
            ? .element("system-out", [:], .text(result.sentence))
            : .element("failure", ["message": result.sentence, "type": "requirement"], .text(result.sentence))
        ])
    }
    return .element(
      "testsuite",
      [
        "name": run.title, "tests": "\(cases.count)", "failures": "\(unmet(run))",
        "errors": run.failure == nil ? "0" : "1", "skipped": "0", "time": seconds,
      ], all: cases)
  }

  private static func unmet(_ run: JudgedRun) -> Int { run.results.count { !$0.isMet } }
}
