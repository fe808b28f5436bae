import Linux
import Report
import Uring

/// What this version can do without a second machine, tried on this one alone: `client --compare all` between a server and a
/// client process, joined by a veth cable between two network namespaces where the privileges suffice, by the loopback
/// interface otherwise.
public struct Demo {
  private let executable: String
  private let seconds: Int
  private let rounds: Int
  private let signals: TerminationSignals
  private let cpus: [Int]

  /// - Parameters:
  ///   - executable: this program.
  ///   - seconds: of each run.
  ///   - rounds: runs of each mode.
  public init(
    executable: String, seconds: Int, rounds: Int, signals: TerminationSignals
  ) throws(BenchmarkError) {
    self.executable = executable
    self.seconds = seconds
    self.rounds = rounds
    self.signals = signals
    do throws(SystemCallError) {
      cpus = try allowedCPUs()
    } catch {
      throw BenchmarkError(error)
    }
  }

  /// Makes the comparison.
  ///
  /// - Parameter show: is given each line of progress as soon as it is known.
  public func run(show: (String) throws(BenchmarkError) -> Void) throws(BenchmarkError) -> Comparison {
    let hosts = DemoHosts()
    try show("zcrx-bench demo: \(hosts.description)")
    if let placement { try show("Receiver on CPU \(placement.server), sender on CPU \(placement.client).") }
    let server = try startServer(hosts)
    defer { _ = server.process.end(by: .now().adding(seconds: 3)) }
    let client = try hosts.start(
      [
        executable, "client", hosts.serverAddress, "-p", "\(server.port)", "--compare", "all", "--rounds", "\(rounds)",
        "-t", "\(seconds)", "-O", "0", "--json", "--connect-timeout", "5000", "--no-membw",
      ] + (placement.map { ["-A", "\($0.client)"] } ?? []), on: .client)
    try follow(client, of: server.process, show)
    return try document(of: client, client.end(by: .now().adding(seconds: 5)))
  }

  /// What a reader of the table should know.
  public var remarks: [String] {
    [
      "discard: \(ReceiveMode.discard.explanation); it is a ceiling, not a way to receive.",
      "zero-copy receive takes an interface (server -i); here \(ZeroCopySupport.discover().summary).",
      "Short runs on a machine that may be busy: an impression, no measurement.",
    ]
  }

  /// Nil on a machine with one CPU.
  private var placement: (server: Int, client: Int)? { cpus.count >= 2 ? (cpus[0], cpus[1]) : nil }

  private func startServer(
    _ hosts: borrowing DemoHosts
  ) throws(BenchmarkError) -> (process: ChildProcess, port: UInt16) {
    let server = try hosts.start(
      [executable, "server", "-p", "0", "--allow-compare", "--share-environment", "--until-input-ends", "--no-membw"]
        + (placement.map { ["-A", "\($0.server)"] } ?? []), on: .server)
    server.collect(until: .now().adding(seconds: 10)) { DemoHosts.port(in: $0) != nil }
    guard let port = DemoHosts.port(in: server) else {
      _ = server.end(by: .now())
      throw BenchmarkError("the server did not start: \(text(server.standardError))")
    }
    return (server, port)
  }

  /// Shows what the client says of its progress, until it ends. The server's reports are read too: one that nobody reads
  /// would hold it up.
  private func follow(
    _ client: ChildProcess, of server: ChildProcess, _ show: (String) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    var shown = 0
    // A run of each mode in each round, and as long again for a machine that is busy.
    let runs = Double(ReceiveMode.allCases.count * rounds)
    let deadline = MonotonicTime.now().adding(seconds: 30 + 2 * runs * Double(seconds))
    while !client.hasClosedOutput, MonotonicTime.now() < deadline {
      client.collect(until: min(deadline, .now().adding(seconds: 0.1)))
      server.collect(until: .now().adding(seconds: 0.01))
      let lines = client.standardError[shown...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for line in lines.dropLast() { try show("  " + progress(in: line)) }
      shown = client.standardError.count - (lines.last?.count ?? 0)
      // What was measured is shown all the same.
      if signals.next() != nil { client.interrupt() }
    }
  }

  private func progress(in line: ArraySlice<UInt8>) -> String {
    let name = "zcrx-bench: "
    let text = String(decoding: line, as: UTF8.self)
    return text.hasPrefix(name) ? String(text.dropFirst(name.count)) : text
  }

  private func document(of client: ChildProcess, _ status: Int32?) throws(BenchmarkError) -> Comparison {
    do throws(RecordedFileError) {
      let documents = try RecordedFile.documents(of: client.standardOutput, name: "the client's output")
      if case .comparison(let comparison, _)? = documents.first { return comparison }
    } catch {
      throw BenchmarkError("the client gave no comparison: \(text(client.standardError))")
    }
    throw BenchmarkError("the client gave no comparison")
  }

  private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.suffix(500), as: UTF8.self)
  }
}
