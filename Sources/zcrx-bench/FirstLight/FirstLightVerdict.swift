import Benchmark
import Report

/// What a first run has shown.
struct FirstLightVerdict {
  let lines: [String]
  let status: ExitStatus

  init(_ outcome: FirstRun.Outcome, isAsBefore: Bool) {
    let (run, isReceived) = FirstLightVerdict.judge(outcome)
    let nic = isAsBefore ? "The NIC is as before." : "The NIC is NOT as before: see above."
    lines = [run, nic]
    if isReceived, isAsBefore {
      status = .done
    } else {
      status = outcome.status == ExitStatus.notSupported.rawValue && isAsBefore ? .notSupported : .failed
    }
  }

  /// Whether a whole test was received, more than half of it as the kernel may have done without copying.
  private static func judge(_ outcome: FirstRun.Outcome) -> (sentence: String, isReceived: Bool) {
    if let ending = outcome.ending { return ("No whole run: \(ending).", false) }
    guard let report = outcome.report else {
      let status = outcome.status.map { "status \($0)" } ?? "a signal"
      return ("No run: the server ended with \(status); its messages say why.", false)
    }
    guard outcome.status == 0, report.outcome.status == .completed, let received = report.received else {
      return ("The run did not succeed: \(report.outcome.reason ?? "the server's messages say why").", false)
    }
    guard let bounds = report.copyAccount?.zeroCopied else { return ("What was copied is not known.", false) }
    let bytes = received.bytes.counted("byte")
    let share = bounds.isExact ? "\(bounds.atLeast)" : "\(bounds.atLeast) to \(bounds.atMost)"
    let check = report.verification == nil ? "not verified" : "every one verified"
    guard bounds.atMost > received.bytes / 2 else {
      return ("Copied: of \(bytes), \(check), only \(share) arrived without a copy.", false)
    }
    return ("Received: of \(bytes), \(check), \(share) arrived without a copy.", true)
  }
}
