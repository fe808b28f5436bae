import ArgumentParser
import Benchmark
import Linux
import Report

/// The view of a run that the options ask for, and the stream behind it.
struct RunOutput {
  let observer: any RunObserver
  private let stream: ReportStream

  /// - Parameter mode: the receive mode, where this side knows it.
  init(_ options: ReportOptions, role: RunReport.Role, mode: String?) throws(SystemCallError) {
    switch options.json {
    case ReportOptions.standardOutput?:
      stream = ReportStream()
      observer = JSONPrinter(stream)
    case let file?:
      stream = try ReportStream(file: file)
      observer = JSONPrinter(stream)
    case nil where options.jsonStream:
      stream = ReportStream()
      observer = JSONLinePrinter(stream, role: role)
    case nil:
      stream = ReportStream()
      observer = TextPrinter(stream, role: role, mode: mode, verbose: options.verbose)
    }
  }

  /// Ends the process with the run's status; a report that could not be written is a failure too.
  func exit(with status: ExitStatus) throws -> Never {
    if let failure = stream.failure {
      DiagnosticLog.say("error: \(failure)")
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
