import Linux
import Report

/// A server for one test of a sender elsewhere, as a process of its own: whatever becomes of it, its guardian puts the
/// interface back, and what it said is here.
public struct FirstRun {
  public struct Outcome {
    /// Nil where the server ended by a signal.
    public var status: Int32?
    /// What it said, a line each: settings, rules, refusals, warnings.
    public var messages: [String]
    public var report: RunReport?
    /// Why it was ended from here; nil where it ended by itself.
    public var ending: String?
  }

  /// What happens meanwhile.
  public enum Event {
    /// The interface is prepared, and the server waits for a sender.
    case listening
    /// Packets of the test have come for a while.
    case receiving
  }

  /// Seconds that a test may last.
  public static let longestTest = 60
  private let arguments: [String]
  private let wait: Double
  private let signals: TerminationSignals

  /// - Parameter wait: seconds that a sender is waited for.
  public init(interface: String, queue: Int, port: UInt16, wait: Double, signals: TerminationSignals) {
    arguments = [
      "/proc/self/exe", "server", "-i", interface, "-q", "\(queue)", "-p", "\(port)", "--mode", "zc", "-1", "-V",
      "--json-stream", "-t", "\(FirstRun.longestTest)", "--until-input-ends",
    ]
    self.wait = wait
    self.signals = signals
  }

  /// The server's, with the program's name as a user would type it.
  public var command: String {
    (["zcrx-bench"] + arguments.dropFirst().filter { $0 != "--until-input-ends" }).joined(separator: " ")
  }

  /// - Parameter tell: is called once for each event.
  public func run(_ tell: (Event) -> Void) throws(SystemCallError) -> Outcome {
    let server = ChildProcess(try ChildProcess.start(arguments))
    var ending: String?
    // The preparation waits for others' memory and links, and never for long.
    if follow(server, seconds: 120, for: "the server to be ready", &ending, until: { says("Server listening", $0) }) {
      tell(.listening)
      if follow(server, seconds: wait, for: "a sender", &ending, until: { hasEvent("start", $0) }) {
        if follow(
          server, seconds: Double(FirstRun.longestTest), for: "an interval", &ending,
          until: { hasEvent("interval", $0) })
        {
          tell(.receiving)
        }
        _ = follow(server, seconds: Double(FirstRun.longestTest) + 30, for: "the end", &ending, until: { _ in false })
      }
    }
    if !server.hasClosedOutput { server.interrupt() }
    let status = server.end(by: .now().adding(seconds: 60))
    return Outcome(
      status: status, messages: lines(server.standardError).map(withoutName), report: report(of: server), ending: ending
    )
  }

  /// - Parameter ending: why it is given up, where it is.
  /// - Returns: whether it came to what is waited for; false too where the server has ended.
  private func follow(
    _ server: ChildProcess, seconds: Double, for what: String, _ ending: inout String?,
    until isEnough: (ChildProcess) -> Bool
  ) -> Bool {
    guard ending == nil else { return false }
    let deadline = MonotonicTime.now().adding(seconds: seconds)
    while !server.hasClosedOutput {
      if server.collect(until: min(deadline, .now().adding(seconds: 0.2)), isEnough) { return true }
      if let signal = signals.next() {
        ending = "interrupted by \(signal)"
        return false
      }
      if MonotonicTime.now() >= deadline {
        ending = "\(what) was waited for, \(seconds) s"
        return false
      }
    }
    return isEnough(server)
  }

  private func says(_ text: String, _ server: ChildProcess) -> Bool {
    lines(server.standardError).contains { $0.contains(text) }
  }

  private func hasEvent(_ name: String, _ server: ChildProcess) -> Bool {
    lines(server.standardOutput).contains { $0.hasPrefix("{\"event\":\"\(name)\"") }
  }

  private func lines(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func withoutName(_ line: String) -> String {
    let name = "zcrx-bench: "
    return line.hasPrefix(name) ? String(line.dropFirst(name.count)) : line
  }

  private func report(of server: ChildProcess) -> RunReport? {
    let documents = try? RecordedFile.documents(of: server.standardOutput, name: "the server's output")
    guard case .run(let run)? = documents?.last else { return nil }
    return run.report
  }
}
