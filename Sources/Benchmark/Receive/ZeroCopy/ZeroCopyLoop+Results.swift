import Metering
import Report

/// Counters that go on from test to test, as they stood when one began.
struct ZeroCopyBaseline {
  var totals = RingTally.Values()
  var calls: UInt64 = 0
  var flushes: UInt64 = 0
}

extension ZeroCopyLoop {
  mutating func begin(verifying pattern: Pattern?) {
    beginCounting(verifying: pattern)
    rearms = ZeroCopyRearms()
    (stallsCured, allocationFailures, copyEvents, overflows) = (0, 0, 0, 0)
    remarks = []
    hasGivenUpBytes = false
    hitsBefore = readHits()
  }

  var baseline: ZeroCopyBaseline {
    ZeroCopyBaseline(totals: totals, calls: calls, flushes: zero.queue.flushes)
  }

  func result(since before: ZeroCopyBaseline, usage: ThreadUsage, _ blank: ZeroCopyQueueReport) -> ZeroCopyResult {
    let counted = totals - before.totals
    var report = blank
    report.completions = intake.completions
    report.completionSizes = intake.sizes.report
    report.completedBytes = counted.completed &+ counted.beside
    report.provenBytes = counted.proven
    report.kernelCopiedBytes = counted.kernelCopied
    report.tracedCopiedBytes = counted.traced
    report.kernelCopies = counted.kernelCopied == nil ? nil : counted.kernelCopies
    report.drainedBytes = counted.drained
    report.refillHighWater = UInt64(zero.queue.refill.occupancyHighWater)
    report.backlogHighWater = zero.queue.refill.backlogHighWater
    report.flushes = zero.queue.flushes &- before.flushes
    report.rearms = rearms
    report.stallsCured = stallsCured
    report.completionOverflows = overflows
    if zero.queue.statistics != nil {
      report.allocationFailures = allocationFailures
      report.copyEvents = copyEvents
    }
    return ZeroCopyResult(
      usage: usage, queue: report, bytesBeside: counted.beside, calls: calls &- before.calls,
      shortCompletions: intake.sizes.count(below: LikelyCauses.shortCompletion),
      verificationNanoseconds: intake.verifier?.nanoseconds ?? 0, remarks: remarks)
  }
}
