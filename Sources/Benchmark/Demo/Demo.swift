import BoundedJSON
import Linux
import Report
import Uring

/// What this version can do without a NIC, tried on this machine alone: a server and a client process, joined by a veth cable
/// between two network namespaces where the privileges suffice, by the loopback interface otherwise.
public struct Demo {
  private let executable: String
  private let seconds: Int
  private let signals: TerminationSignals
  private let cpus: [Int]
  private let zeroCopy = ZeroCopySupport.discover()

  /// - Parameters:
  ///   - executable: this program.
  ///   - seconds: of each run, after one second that does not count.
  public init(executable: String, seconds: Int, signals: TerminationSignals) throws(BenchmarkError) {
    self.executable = executable
    self.seconds = seconds
    self.signals = signals
    do throws(SystemCallError) {
      cpus = try allowedCPUs()
    } catch {
      throw BenchmarkError(error)
    }
  }

  /// Runs every combination.
  ///
  /// - Parameter show: is given each line as soon as it is known.
  /// - Returns: `done` when every run completed.
  public func run(show: (String) throws(BenchmarkError) -> Void) throws(BenchmarkError) -> ExitStatus {
    let hosts = DemoHosts()
    try show("zcrx-bench demo: \(hosts.description)")
    if let placement { try show("Receiver on CPU \(placement.server), sender on CPU \(placement.client).") }
    var rows: [DemoRow] = []
    for mode in modes {
      for method in Demo.methods {
        let row = DemoRow(mode: mode, method: method, result: try oneRun(mode, method, hosts))
        try show("  \(mode.rawValue), sender \(method.rawValue): \(row.brief)")
        rows.append(row)
      }
    }
    try show("")
    for line in DemoRow.table(rows) { try show(line) }
    try show("")
    try show("discard: \(ReceiveMode.discard.explanation); it is a ceiling, not a way to receive.")
    try show("zero-copy receive takes an interface (server -i); here \(zeroCopy.summary).")
    if !modes.contains(.zcCopy) { try show("zc-copy was left out: \(zeroCopy.nodev.reason).") }
    try show("One short run each, on a machine that may be busy: an impression, no measurement.")
    return rows.allSatisfy(\.isComplete) ? .done : .failed
  }

  /// What a sender and a receiver on one machine can choose well between: the others have the kernel copy as `write` does, at
  /// a higher price (docs/performance.md).
  private static let methods = [SendMethod.write, .splice]

  /// What needs no NIC: zc-copy where the kernel and the privileges allow it.
  private var modes: [ReceiveMode] {
    zeroCopy.nodev.isPresent && zeroCopy.permission.isPresent ? [.epoll, .zcCopy, .discard] : [.epoll, .discard]
  }

  /// Nil on a machine with one CPU.
  private var placement: (server: Int, client: Int)? { cpus.count >= 2 ? (cpus[0], cpus[1]) : nil }

  private func oneRun(
    _ mode: ReceiveMode, _ method: SendMethod, _ hosts: borrowing DemoHosts
  ) throws(BenchmarkError) -> Result<RunReport, BenchmarkError> {
    let server = try hosts.start(
      [executable, "server", "-1", "-p", "0", "--mode", mode.rawValue, "--until-input-ends", "--no-membw"]
        + (placement.map { ["-A", "\($0.server)"] } ?? []), on: .server)
    server.collect(until: .now().adding(seconds: 10)) { DemoHosts.port(in: $0) != nil }
    guard let port = DemoHosts.port(in: server) else {
      _ = server.end(by: .now())
      return .failure(BenchmarkError("the server did not start: \(text(server.standardError))"))
    }
    let client = try hosts.start(
      [
        executable, "client", hosts.serverAddress, "-p", "\(port)", "-t", "\(seconds)", "-O", "1", "--send",
        method.rawValue, "-J", "--connect-timeout", "5000", "--no-membw",
      ] + (placement.map { ["-A", "\($0.client)"] } ?? []), on: .client)
    let deadline = MonotonicTime.now().adding(seconds: Double(seconds) + 20)
    while !client.hasClosedOutput, MonotonicTime.now() < deadline {
      client.collect(until: min(deadline, .now().adding(seconds: 0.1)))
      if let signal = signals.next() { throw BenchmarkError("interrupted by \(signal)") }
    }
    let status = client.end(by: deadline)
    _ = server.end(by: .now().adding(seconds: 3))
    return outcome(of: client, status)
  }

  private func outcome(of client: ChildProcess, _ status: Int32?) -> Result<RunReport, BenchmarkError> {
    guard let document = try? JSONParser.parse(client.standardOutput, limits: .file),
      let json = document.object?["zcrx_bench"], let report = try? RunReport(json: json)
    else {
      return .failure(BenchmarkError("the client gave no report: \(text(client.standardError))"))
    }
    guard status == 0 else { return .failure(BenchmarkError(report.outcome.reason ?? "the client failed")) }
    return .success(report)
  }

  private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix(500), as: UTF8.self)
  }
}
