import ArgumentParser
import Benchmark
import Linux
import Report

/// The view of a run that the options ask for, and the streams behind it.
struct RunOutput {
  /// Shows the run, and holds the gates against it.
  let observer: GateKeeper
  private let streams: [ReportStream]

  init(
    _ options: ReportOptions, gates: GateOptions, role: RunReport.Role, signals: TerminationSignals
  ) throws(SystemCallError) {
    let shown: any RunObserver
    // Where a document has standard output for itself, the gates' lines are messages.
    var hasText = false
    switch options.json {
    case ReportOptions.standardOutput?:
      streams = [ReportStream(signals: signals)]
      shown = JSONPrinter(streams[0], isAlone: true)
    case let file?:
      // The file is for programs; whoever waits sees the run as usual.
      let document = try ReportStream(file: file, signals: signals)
      streams = [ReportStream(signals: signals), document]
      hasText = true
      shown = BothPrinters(
        TextPrinter(streams[0], role: role, verbose: options.verbose), JSONPrinter(document, isAlone: false)
      )
    case nil where options.jsonStream:
      streams = [ReportStream(signals: signals)]
      shown = JSONLinePrinter(streams[0], role: role)
    case nil:
      streams = [ReportStream(signals: signals)]
      hasText = true
      shown = TextPrinter(streams[0], role: role, verbose: options.verbose)
    }
    let first = streams[0]
    observer = try GateKeeper(gates, around: shown, signals: signals) { [hasText] line in
      if hasText { first.write(lines: [line.printable]) } else { DiagnosticLog.sayOften(line) }
    }
  }

  /// Ends the process with the run's status; a report that could not be written is a failure too, and a gate that was not
  /// met has its own.
  func exit(with status: ExitStatus) throws -> Never {
    let status = observer.status(after: status)
    let isWritten = streams.map { $0.finish() }.allSatisfy(\.self)
    throw ExitCode((isWritten ? status : .failed).rawValue)
  }
}

/// Runs `body` and turns what it throws into a message and a documented exit status.
func reportingErrors(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as BenchmarkError {
    DiagnosticLog.say("error: \(error)")
    throw ExitCode(error.exitStatus.rawValue)
  } catch let error as SystemCallError {
    DiagnosticLog.say("error: \(error)")
    throw ExitCode(ExitStatus.failed.rawValue)
  }
}
