import ArgumentParser
import Benchmark
import Linux
import Report

/// The view of a run that the options ask for, and the streams behind it.
struct RunOutput {
  let observer: any RunObserver
  private let streams: [ReportStream]

  init(_ options: ReportOptions, role: RunReport.Role, signals: TerminationSignals) throws(SystemCallError) {
    switch options.json {
    case ReportOptions.standardOutput?:
      streams = [ReportStream(signals: signals)]
      observer = JSONPrinter(streams[0], isAlone: true)
    case let file?:
      // The file is for programs; whoever waits sees the run as usual.
      let document = try ReportStream(file: file)
      streams = [ReportStream(signals: signals), document]
      observer = BothPrinters(
        TextPrinter(streams[0], role: role, verbose: options.verbose), JSONPrinter(document, isAlone: false)
      )
    case nil where options.jsonStream:
      streams = [ReportStream(signals: signals)]
      observer = JSONLinePrinter(streams[0], role: role)
    case nil:
      streams = [ReportStream(signals: signals)]
      observer = TextPrinter(streams[0], role: role, verbose: options.verbose)
    }
  }

  /// Ends the process with the run's status; a report that could not be written is a failure too.
  func exit(with status: ExitStatus) throws -> Never {
    if streams.contains(where: { $0.failure != nil }) {
      throw ExitCode(ExitStatus.failed.rawValue)
    }
    throw ExitCode(status.rawValue)
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
