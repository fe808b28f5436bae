import ArgumentParser
import Benchmark
import Glibc
import Linux
import NetworkInterface

struct NICSetupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Prepares an interface for zero-copy receive on some of its queues.",
    discussion: """
      Changes only what is not as it must be, prints the commands of ethtool that do the same, and writes down how it \
      was: `zcrx-bench nic restore` puts that back.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Network interface to prepare.", valueName: "name"))
  var interface: String

  @Option(name: .shortAndLong, help: "Its receive queues: 1, 1,2 or 1-4. (default: the last)")
  var queue: String?

  @Option(help: ArgumentHelp("Descriptors of each receive ring.", valueName: "count"))
  var rxRing: Int?

  @OptionGroup var deferral: DeferralOptions

  @Flag(help: "Print the commands and change nothing.")
  var dryRun = false

  @Flag(help: .hidden)
  var hold = false

  @Flag(help: .hidden)
  var rssByIoctl = false

  @Option(help: .hidden)
  var steerPort: [UInt16] = []

  func validate() throws {
    if let rxRing, rxRing < 1 { throw ValidationError("--rx-ring takes at least 1, not \(rxRing)") }
    if !steerPort.isEmpty, !hold { throw ValidationError("--steer-port needs --hold") }
  }

  func run() throws {
    try reportingErrors {
      let signals = hold ? try TerminationSignals() : nil
      let stream = ReportStream(signals: signals)
      let request = try request()
      if dryRun {
        stream.write(lines: try plan(request))
      } else {
        let lease = try NICLeaseErrors.translated { () throws(LeaseError) in
          try InterfaceLease.acquire(request) {
            NICLeaseText.tell($0, to: stream)
            // Nothing is measured here, and whoever is killed between two steps has said what was done.
            _ = stream.finish()
          }
        }
        try finish(lease, request.wish.queues, signals, stream)
      }
      if !stream.finish() { throw ExitCode(ExitStatus.failed.rawValue) }
    }
  }

  private func request() throws(BenchmarkError) -> LeaseRequest {
    let queues = try queue.map { (text) throws(BenchmarkError) in
      do throws(QueueListError) {
        return try QueueList.parse(text).queues
      } catch {
        throw BenchmarkError("\(error) (-q)", .usage)
      }
    }
    do throws(InterfaceProblem) {
      let last = try queues == nil ? InterfacePreflight.check(interface: interface, queues: nil).queues : []
      var request = LeaseRequest(
        interface: try InterfaceIdentity.read(interface), queues: queues ?? last, receiveRing: rxRing)
      request.wish.deferral = deferral.deferral
      if rssByIoctl { request.spreadingPath = .commands }
      return request
    } catch {
      if case .system = error { throw BenchmarkError("\(error)") }
      throw BenchmarkError("\(error) (-i)", .usage)
    }
  }

  private func plan(_ request: LeaseRequest) throws -> [String] {
    try NICLeaseErrors.translated { () throws(LeaseError) in
      let state = try InterfaceLease.state(for: request)
      do throws(LeaseRefusal) {
        return try LeasePlan.make(request.wish, in: state).commands(for: state.interface)
      } catch {
        throw .refused(error)
      }
    }
  }

  /// Without --hold the interface stays as it is now; with it, until a signal.
  private func finish(
    _ lease: InterfaceLease, _ queues: [Int], _ signals: TerminationSignals?, _ stream: ReportStream
  ) throws {
    guard let signals else {
      try NICLeaseErrors.translated { () throws(LeaseError) in try lease.keep() }
      return
    }
    try NICLeaseErrors.translated { () throws(LeaseError) in
      for port in steerPort {
        _ = try lease.steer(
          FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: port)), to: .queue(UInt32(clamping: queues.first ?? 0)))
        )
      }
    }
    stream.write(lines: ["ready"])
    var polled = [pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)]
    while signals.next() == nil { poll(&polled, 1, -1) }
    let remarks = lease.release()
    if remarks.contains(where: { $0.kind == .notRestored }) { throw ExitCode(ExitStatus.failed.rawValue) }
  }
}
