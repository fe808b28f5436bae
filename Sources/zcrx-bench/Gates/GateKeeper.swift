import Benchmark
import Linux
import Presentation
import Report

/// Shows runs as another observer does, and holds the user's gates against each.
final class GateKeeper: RunObserver {
  private let observer: any RunObserver
  private let requirements: [Requirement]
  private let files: [(name: String, text: ([JudgedRun]) -> String)]
  private let say: (String) -> Void
  /// The latest ones: what the files hold.
  private var runs: [JudgedRun] = []
  private static let mostRuns = 1000
  private var hasRun = false
  private var isMet = true
  /// A file that could not be written completely.
  private(set) var hasFailedFile = false

  /// - Parameter say: prints the line of a gate.
  /// - Throws: for a file that cannot be created, before any traffic.
  init(_ options: GateOptions, around observer: any RunObserver, say: @escaping (String) -> Void)
    throws(SystemCallError)
  {
    self.observer = observer
    self.say = say
    requirements = options.requirements
    let writers: [(String?, ([JudgedRun]) -> String)] = [
      (options.junit, JUnitDocument.text), (options.markdown, MarkdownSummary.text),
      (options.metrics, OpenMetricsText.text),
    ]
    files = writers.compactMap { name, text in name.map { ($0, text) } }
    for file in files { _ = try ReportStream(file: file.name) }
  }

  /// The status of a process whose runs ended with `status`: a gate counts only where they did as asked.
  func status(after status: ExitStatus) -> ExitStatus {
    if !hasRun, !requirements.isEmpty, status == .done {
      say("Gate NOT MET: no test came, so that no gate was held against anything")
      return .gateFailed
    }
    if hasFailedFile, status == .done { return .failed }
    return status == .done && !isMet ? .gateFailed : status
  }

  func listening(on local: Endpoint, mode: ModeChoice) { observer.listening(on: local, mode: mode) }
  func started(_ report: RunReport) { observer.started(report) }
  func interval(_ interval: IntervalReport) { observer.interval(interval) }

  func refused(_ reason: String) {
    observer.refused(reason)
    // A stranger whose test a server refuses fails none of its gates; a client that is refused has failed anyhow.
    keep(JudgedRun(refused: reason, requirements: requirements))
  }

  func finished(_ run: FinishedRun) {
    observer.finished(run)
    let judged = JudgedRun(run.report, requirements: requirements)
    hasRun = true
    isMet = isMet && judged.isMet
    for result in judged.results { say("Gate \(result.sentence)") }
    keep(judged)
  }

  /// The files hold all runs so far: a server's are complete after each test.
  private func keep(_ run: JudgedRun) {
    runs = runs.suffix(Self.mostRuns - 1) + [run]
    for file in files {
      do {
        let stream = try ReportStream(file: file.name)
        stream.write(Array(file.text(runs).utf8))
        if stream.failure != nil { hasFailedFile = true }
      } catch {
        DiagnosticLog.say("error: \(error)")
        hasFailedFile = true
      }
    }
  }
}
