import Benchmark
import Glibc
import Linux
import NetworkInterface
import Report

/// A first run on a NIC, from the look at it to its being as before, written down step by step (docs/doctor.md).
struct FirstLight {
  let interface: String
  let queue: Int?
  let port: UInt16
  let wait: Double
  let signals: TerminationSignals
  let stream: ReportStream

  /// Seconds after the server's end in which kernel and guardian may still put things back.
  private static let patience = 15.0

  func run(writingTo name: String) throws -> ExitStatus {
    let examination = try Examination.run(interface: interface, queue: queue)
    guard let subject = examination.subject else { throw BenchmarkError("give an interface with -i", .usage) }
    let before = try read()
    let file = try FirstLightFile(name, mask(for: before, examination.kernelRelease))
    try file.write("zcrx-bench \(ZcrxBench.version): first light on queue \(subject.queue)", about(examination, before))
    try file.write("Examination (zcrx-bench doctor)", DoctorText.lines(for: examination))
    try file.write("Before (zcrx-bench nic show)", NICText.lines(for: before))

    let first = FirstRun(interface: interface, queue: subject.queue, port: port, wait: wait, signals: signals)
    var during: NICState?
    let interrupts = InterruptCounts.read()
    let outcome = try first.run { event in
      if event == .listening { show(senders) }
      during = (try? read()) ?? during
    }
    try file.write("The server's messages", [first.command] + outcome.messages)
    if let during {
      try file.write("Other than before, during the run", some(NICDifference.lines(from: before, to: during)))
      try file.write("Queues during the run", interruptLines(during, since: interrupts))
    }
    if let report = outcome.report {
      let text = TextReport(role: .server, receiveMode: report.settings.mode, verbose: true)
      try file.write("The run", text.startLines(report) + text.summaryLines(report))
    }
    let after = try settled(before)
    let differences = NICDifference.lines(from: before, to: after)
    try file.write("Other than before, after the run", some(differences))
    let verdict = FirstLightVerdict(outcome, isAsBefore: differences.isEmpty)
    try file.write("Verdict", verdict.lines)
    show(verdict.lines + ["Written to \(name). Addresses and names are masked; look through it before you pass it on."])
    return verdict.status
  }

  private func show(_ lines: [String]) { stream.write(lines: lines.map(\.printable)) }

  private func some(_ lines: [String]) -> [String] { lines.isEmpty ? ["nothing"] : lines }

  private func read() throws(BenchmarkError) -> NICState {
    do throws(InterfaceProblem) {
      return try NICState.read(interface)
    } catch {
      throw BenchmarkError("\(error)")
    }
  }

  /// The state after the run, as soon as it is that of before it.
  private func settled(_ before: NICState) throws(BenchmarkError) -> NICState {
    let deadline = MonotonicTime.now().adding(seconds: FirstLight.patience)
    while true {
      let state = try read()
      if NICDifference.lines(from: before, to: state).isEmpty || MonotonicTime.now() >= deadline { return state }
      usleep(200_000)
    }
  }

  private func mask(for state: NICState, _ kernelRelease: String) -> PrivacyMask {
    let driver = state.driver.value
    return .ofThisMachine(
      interface: interface, kept: [kernelRelease, driver?.driver, driver?.version, driver?.firmware].compactMap(\.self))
  }

  private func about(_ examination: Examination, _ state: NICState) -> [String] {
    let driver = state.driver.value
    return [
      "kernel: \(examination.kernelRelease)", "driver: \(driver?.driver ?? "n/a")",
      "driver version: \(driver?.version ?? "n/a")", "firmware: \(driver?.firmware ?? "n/a")",
    ]
  }

  /// What to run on the other machine.
  private var senders: [String] {
    let addresses = SocketAddress.addresses(of: interface).map(\.host)
    let address = addresses.first ?? "ADDRESS"
    return [
      "\(interface) is prepared. Within \(wait) s, start one of these on a machine at its other end:",
      "  zcrx-bench client \(address) -p \(port) -t 5 --verify", "  iperf3 -c \(address) -p \(port) -t 5",
    ]
      + (addresses.count > 1
        ? ["Other addresses of \(interface): \(addresses.dropFirst().joined(separator: ", "))"] : [])
  }

  /// Each receive queue's interrupt, who serves it, and how often it came since the beginning.
  private func interruptLines(_ state: NICState, since before: [UInt32: UInt64]) -> [String] {
    let now = InterruptCounts.read()
    let napis = Dictionary((state.napis.value ?? []).map { ($0.id, $0) }) { first, _ in first }
    let affinities = Dictionary(state.interrupts.map { ($0.number, $0) }) { first, _ in first }
    let queues = (state.queues.value ?? []).filter { $0.direction == .receive }
    return queues.map { queue in
      guard let number = queue.napi.flatMap({ napis[$0]?.interrupt }) else {
        return "rx-\(queue.number): no interrupt is known"
      }
      let cpus = affinities[number].map { $0.serving.map(String.init).joined(separator: ", ") } ?? "n/a"
      let count = (now[number] ?? 0) &- (before[number] ?? 0)
      return "rx-\(queue.number): interrupt \(number) on CPU \(cpus) came \(count.counted("time"))"
    }
  }
}
