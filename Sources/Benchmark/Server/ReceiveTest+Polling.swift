import NetworkInterface
import Report

extension ReceiveTest {
  /// How receiving waited; nil where there is nothing to tell.
  func pollingReport(
    _ configuration: ServerConfiguration, _ outcome: PollingOutcome, _ device: ZeroCopySetup.Device?
  ) -> PollingReport? {
    var report = PollingReport(configuration.polling, outcome)
    if let device {
      let states = QueueService.napis(of: device.queues, interface: device.index)
      report.deferrals = states.map { NAPIDeferralReport(queue: $0.queue, $0.state) }
      for deferral in report.deferrals {
        if let finding = deferral.difference(from: configuration.deferral) { report.refusals.append(finding) }
      }
    }
    return report.isEmpty ? nil : report
  }
}

extension NAPIDeferralReport {
  init(queue: Int, _ state: NAPIState) {
    self.init(queue: queue, napi: state.id)
    deferHardIRQs = state.deferredInterrupts
    groFlushTimeout = state.groFlushNanoseconds
    irqSuspendTimeout = state.interruptSuspendNanoseconds
  }

  /// What is not as it was set; nil where all is.
  func difference(from wish: NAPIDeferral) -> String? {
    var findings: [String] = []
    if let wanted = wish.deferHardIRQs, let deferHardIRQs, wanted != deferHardIRQs {
      findings.append("defer-hard-irqs is \(deferHardIRQs), not \(wanted)")
    }
    if let wanted = wish.groFlushTimeout, let groFlushTimeout, wanted != groFlushTimeout {
      findings.append("gro-flush-timeout is \(groFlushTimeout), not \(wanted)")
    }
    guard !findings.isEmpty else { return nil }
    return "queue \(queue): \(findings.joined(separator: ", ")): its NAPI was made anew, or somebody else set it"
  }
}
