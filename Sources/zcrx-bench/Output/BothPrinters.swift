import Benchmark
import Report

/// Shows a run in two forms at once.
final class BothPrinters: RunObserver {
  private let first: any RunObserver
  private let second: any RunObserver

  init(_ first: any RunObserver, _ second: any RunObserver) {
    self.first = first
    self.second = second
  }

  func listening(on local: Endpoint, mode: ModeChoice) {
    first.listening(on: local, mode: mode)
    second.listening(on: local, mode: mode)
  }

  func started(_ report: RunReport) {
    first.started(report)
    second.started(report)
  }

  func interval(_ interval: IntervalReport) {
    first.interval(interval)
    second.interval(interval)
  }

  func refused(_ reason: String) {
    first.refused(reason)
    second.refused(reason)
  }

  func finished(_ run: FinishedRun) {
    first.finished(run)
    second.finished(run)
  }
}
