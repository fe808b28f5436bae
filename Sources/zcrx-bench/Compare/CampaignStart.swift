import Benchmark
import Glibc
import Linux
import Report

/// Makes the campaign that a client's options ask for.
struct CampaignStart {
  let options: CampaignOptions
  let report: ReportOptions
  let signals: TerminationSignals

  func run(_ configuration: ClientConfiguration) throws -> ExitStatus {
    let earlier = try earlier()
    let logger = DiagnosticLog.logger(verbose: report.verbose)
    if let modes = options.compare {
      let output: CampaignOutput<Comparison> = try output()
      let campaign = ComparisonCampaign(
        configuration, modes: modes.isAll ? nil : modes.modes, rounds: options.effectiveRounds)
      return output.finish(try campaign.run(signals: signals, logger: logger, observer: output))
    }
    let output: CampaignOutput<Sweep> = try output()
    let campaign = SweepCampaign(
      configuration, axes: try options.wishes(), rounds: options.effectiveRounds, resuming: earlier)
    return output.finish(try campaign.run(signals: signals, logger: logger, observer: output))
  }

  private func output<Document>() throws -> CampaignOutput<Document> {
    try CampaignOutput(
      json: report.json, html: options.html, excludingDisturbed: options.excludeDisturbed, signals: signals)
  }

  /// The sweep to go on with; nil begins anew. Hours of measuring are not written over by accident.
  private func earlier() throws -> Sweep? {
    guard let file = report.json, file != ReportOptions.standardOutput, access(file, F_OK) == 0 else {
      if options.resume { DiagnosticLog.say("note: there is nothing to resume yet: the sweep begins anew") }
      return nil
    }
    guard options.resume else {
      if case .sweep(let sweep, _)? = try? RecordedFiles.documents([file]).first,
        sweep.campaign.outcome.status != .completed
      {
        throw BenchmarkError(
          "'\(file)' holds a sweep that was not finished: --resume goes on with it; to begin anew, remove it")
      }
      return nil
    }
    guard case .sweep(let sweep, _)? = try RecordedFiles.documents([file]).first else {
      throw BenchmarkError("--resume: '\(file)' holds no sweep")
    }
    return sweep
  }
}
