import Benchmark
import Linux
import Report

/// Shows runs as another observer does, and holds the user's gates against each.
final class GateKeeper: RunObserver {
  private let observer: any RunObserver
  private let requirements: [Requirement]
  private let files: [SummaryFile]
  private let say: (String) -> Void
  private var hasRun = false
  private var isMet = true

  /// - Parameter say: prints the line of a gate.
  /// - Throws: for a file that cannot be created, before any traffic.
  init(
    _ options: GateOptions, around observer: any RunObserver, signals: TerminationSignals,
    say: @escaping (String) -> Void
  ) throws(SystemCallError) {
    self.observer = observer
    self.say = say
    requirements = options.requirements
    let named: [(String?, SummaryFile.Form)] = [
      (options.junit, .junit), (options.markdown, .markdown), (options.metrics, .metrics),
    ]
    var files: [SummaryFile] = []
    for case (let name?, let form) in named { files.append(try SummaryFile(name, form, signals: signals)) }
    self.files = files
  }

  /// The status of a process whose runs ended with `status`: a gate counts only where they did as asked. The files are
  /// finished.
  func status(after status: ExitStatus) -> ExitStatus {
    let areWritten = files.map { $0.finish() }.allSatisfy(\.self)
    if !hasRun, !requirements.isEmpty, status == .done {
      say("Gate NOT MET: no test came, so that no gate was held against anything")
      return .gateFailed
    }
    if !areWritten, status == .done { return .failed }
    return status == .done && !isMet ? .gateFailed : status
  }

  func listening(on local: Endpoint, mode: ModeChoice) { observer.listening(on: local, mode: mode) }
  func started(_ report: RunReport) { observer.started(report) }
  func interval(_ interval: IntervalReport) { observer.interval(interval) }

  func refused(_ reason: String) {
    observer.refused(reason)
    // A stranger whose test a server refuses fails none of its gates; a client that is refused has failed anyhow.
    if !files.isEmpty { keep(JudgedRun(refused: reason, requirements: requirements)) }
  }

  func finished(_ run: FinishedRun) {
    observer.finished(run)
    hasRun = true
    guard !requirements.isEmpty || !files.isEmpty else { return }
    let judged = JudgedRun(run.report, requirements: requirements)
    isMet = isMet && judged.isMet
    for result in judged.results { say("Gate \(result.sentence)") }
    keep(judged)
  }

  /// A server's files are complete after each test.
  private func keep(_ run: JudgedRun) {
    for file in files { file.add(run) }
  }
}
