import Report

/// Runs as Markdown, for a job's summary page.
public enum MarkdownSummary {
  public static func text(for runs: [JudgedRun]) -> String {
    runs.flatMap(lines).map { $0 + "\n" }.joined()
  }

  private static func lines(for run: JudgedRun) -> [String] {
    var lines = ["### zcrx-bench: \(MarkdownText.escaped(run.title))", ""]
    if let failure = run.failure { lines += ["❌ \(MarkdownText.escaped(failure))", ""] }
    if !run.results.isEmpty {
      lines += ["| gate | | found |", "| --- | --- | --- |"]
      lines += run.results.map { result in
        let gate = MarkdownText.escaped(result.requirement.text)
        return "| \(gate) | \(result.isMet ? "✅ met" : "❌ not met") | \(MarkdownText.escaped(result.found)) |"
      }
      lines.append("")
    }
    if !run.figures.isEmpty {
      lines += ["| metric | value |", "| --- | ---: |"]
      lines += run.figures.map { "| \($0.metric.name) | \(MarkdownText.escaped($0.metric.text($0.reading) ?? "")) |" }
      lines.append("")
    }
    return lines
  }
}
