import Report

/// Runs as JUnit's XML, which CI systems show: one suite for each run, one case for its end and one for each gate.
public enum JUnitDocument {
  public static func text(for runs: [JudgedRun]) -> String {
    let suites = runs.map(suite)
    let cases = runs.map { $0.results.count + 1 }.reduce(0, +)
    let root = Markup.element(
      "testsuites",
      [
        "name": "zcrx-bench", "tests": "\(cases)", "failures": "\(runs.map(unmet).reduce(0, +))",
        "errors": "\(runs.count { $0.failure != nil })",
      ], all: suites)
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(root.text)\n"
  }

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
