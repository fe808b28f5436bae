import BoundedJSON
import Linux
import Logging
import Report

/// Makes one run after the other against the same server, with the same settings of the sender but for what varies.
final class CampaignRunner {
  private(set) var configuration: ClientConfiguration
  private let signals: TerminationSignals
  private let logger: Logger
  private let say: (String) -> Void
  /// Whether a test has completed: the server was there.
  private var hasMetServer = false

  /// - Parameter say: is given a line for the user where a run has to wait.
  init(
    _ configuration: ClientConfiguration, signals: TerminationSignals, logger: Logger, say: @escaping (String) -> Void
  ) {
    self.say = say
    self.configuration = configuration
    // Where seconds are omitted, the retransmits of those that count are known by interval only.
    self.configuration.interval = 1
    self.configuration.getServerOutput = false
    self.signals = signals
    self.logger = logger
  }

  /// One run, and what is known beside its figures.
  struct Run {
    var compared: ComparedRun
    /// What the run had, one sentence each.
    var facts: [String] = []
    /// Which figures it does not have and why, one sentence each.
    var absences: [String] = []
    var receiver: Environment?
    var sender: Environment?
    /// The server would not run it: the reason, as far as it is known.
    var refusal: String?
  }

  /// What an inquiry tells.
  struct Answer {
    /// Nil where the server lets clients choose nothing.
    var offer: OfferedModes?
    var receiver: Environment?
    var sender: Environment
  }

  /// Bytes of an inquiry: enough for the kernel to say whether it copies what is sent.
  private static let inquiryBytes: UInt64 = 16 << 20
  /// Seconds for which a server that was there a moment ago may be out of reach.
  private static let patience = 5.0
  /// Seconds for which it may be busy: with our last test for a moment, with another client's as long as that takes.
  private static let busyPatience = 60.0

  /// A short test in the server's own mode: asks what may be asked for, and settles how to send in all that follow.
  func inquire() throws(BenchmarkError) -> Answer {
    var asking = configuration
    asking.asksForModes = true
    asking.end = .bytes(CampaignRunner.inquiryBytes)
    asking.omit = 0
    asking.streams = 1
    asking.bitsPerSecond = 0
    asking.metersMemory = false
    let (run, error) = try test(asking)
    if let error { throw error }
    settleSending(run.report)
    let receiver = Self.receiversReport(run)
    return Answer(
      offer: OfferedModes(run.serverExtras), receiver: receiver.flatMap { try? RunReport(json: $0) }?.environment,
      sender: run.report.environment)
  }

  /// One run with what varies.
  ///
  /// - Returns: also a run that did not complete, with the reason.
  /// - Throws: when the user ended it, or the server is gone.
  func run(_ variation: TestVariation, name: String?) throws(BenchmarkError) -> Run {
    do throws(BenchmarkError) {
      let (run, error) = try test(variation.applied(to: configuration))
      if let error, error.cause == .interrupted { throw error }
      return result(of: run, error, name)
    } catch {
      switch error.cause {
      case .interrupted, .unreachable, .busy: throw error
      case .other, .refused:
        var run = Run(compared: ComparedRun(mode: name, figures: KeyFigures(), failure: error.description))
        if error.cause == .refused { run.refusal = reasonOfRefusal() ?? error.description }
        return run
      }
    }
  }

  private func result(of run: FinishedRun, _ error: BenchmarkError?, _ name: String?) -> Run {
    let receiver = Self.receiversReport(run)
    var result = Run(compared: ComparedRun(mode: name, receiver: receiver, sender: run.report.json()))
    if let error { result.compared.failure = error.description }
    let report = receiver.flatMap { try? RunReport(json: $0) }
    result.facts = report.map(RunFacts.sentences) ?? []
    result.absences = [Metric.cpu, .dram].compactMap { metric in
      guard let receiver else { return "\(metric.name) is unknown: the receiver told nothing of itself" }
      guard case .unavailable(let reason) = metric.reading(ofReport: receiver) else { return nil }
      return "\(metric.name) is unknown: \(reason)"
    }
    result.receiver = report?.environment
    result.sender = run.report.environment
    return result
  }

  /// iperf3's message of a refusal is a number; our server keeps the words for whoever asks next.
  private func reasonOfRefusal() -> String? {
    (try? inquire())?.offer?.lastRefusal
  }

  /// The way of sending is the same in all runs: what the kernel's notifications led to is not tried again in each.
  private func settleSending(_ report: RunReport) {
    guard configuration.method == nil, let used = report.settings.send.flatMap(SendMethod.init) else { return }
    let streamsWriting = report.transmit?.streamsWriting ?? 0
    configuration.method = streamsWriting > 0 ? .write : used
  }

  private func test(_ configuration: ClientConfiguration) throws(BenchmarkError) -> (FinishedRun, BenchmarkError?) {
    let start = MonotonicTime.now()
    var hasSaidBusy = false
    while true {
      do throws(BenchmarkError) {
        let client = try Client(configuration, signals: signals, observer: Unseen(), logger: logger)
        let outcome = try client.runTest()
        hasMetServer = true
        return outcome
      } catch {
        let isBusy = error.cause == .busy
        let waited = MonotonicTime.now().seconds(since: start)
        // The server may still be about the test before.
        let mayPass =
          isBusy ? waited < Self.busyPatience : hasMetServer && error.cause == .unreachable && waited < Self.patience
        guard mayPass else { throw error }
        if isBusy, waited > 1, !hasSaidBusy {
          hasSaidBusy = true
          say("the server is busy with another client's test; waiting for up to \(Int(Self.busyPatience)) s")
        }
        if let signal = signals.next() { throw BenchmarkError("interrupted by \(signal)", because: .interrupted) }
        pause(seconds: waited > 1 ? 1 : 0.1)
      }
    }
  }

  private static func receiversReport(_ run: FinishedRun) -> JSONValue? { run.serverExtras?[Extras.report] }

  /// What is measured is shown when all runs are over.
  private final class Unseen: RunObserver {
    func listening(on local: Endpoint, mode: ModeChoice) {}
    func started(_ report: RunReport) {}
    func interval(_ interval: IntervalReport) {}
    func refused(_ reason: String) {}
    func finished(_ run: FinishedRun) {}
  }
}
