import Report

extension RecordedDocument {
  /// The pictures of it that its figures allow.
  public func charts(excludingDisturbed: Bool = false) -> [Chart] {
    switch self {
    case .run(let run): RunCharts(run: run).charts
    case .comparison(let comparison, _):
      ComparisonCharts(analysis: ComparisonAnalysis(comparison, excludingDisturbed: excludingDisturbed)).charts
    case .sweep(let sweep, _):
      SweepCharts(sweep: excludingDisturbed ? sweep.excludingDisturbed() : sweep).charts
    }
  }
}
