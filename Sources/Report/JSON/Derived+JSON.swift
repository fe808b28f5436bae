import BoundedJSON

/// Members worked out from others when a report is written, and worked out anew when it was read.
extension LimitReport {
  func json() -> JSONValue {
    .object(["verdict": verdict.json(), "evidence": evidence.json()])
  }
}

extension LimitReport.Verdict: ReportPart {}

extension ProcessorCost {
  func json() -> JSONValue {
    .object([
      "seconds_per_gib": secondsPerGibibyte.json(),
      "us_per_mib": microsecondsPerMebibyte.json(),
      "gigabits_per_busy_cpu": gigabitsPerBusyCPU.json(),
    ])
  }
}
