import Linux
import NetworkInterface

/// How flows reach the zero-copy queues (`--steer`).
public enum SteeringMethod: String, CaseIterable, Sendable {
  /// A rule for each flow, once it is known what it is.
  case flow
  /// One rule for everything that goes to the server's port.
  case port
  /// Whatever the user has set up.
  case none
}

/// Sends flows to the zero-copy queues, by rules that a lease keeps account of.
final class FlowSteering {
  private let lease: InterfaceLease
  private let queues: [Int]
  private(set) var method: SteeringMethod
  private var rules: [Int: RuleHandle] = [:]
  private var next = 0
  /// What became of the rules, for the reader.
  private(set) var remarks: [String] = []

  init(_ lease: InterfaceLease, queues: [Int], method: SteeringMethod) {
    self.lease = lease
    self.queues = queues
    self.method = method
  }

  /// With `port`, sends what goes to it to the first queue.
  ///
  /// - Throws: what the kernel refused the rule for IPv4 with, where it refused the one for IPv6 too.
  func begin(port: UInt16) throws(LeaseError) {
    guard method == .port else { return }
    let refusals = [false, true].map { insert(TCPFlow(isIPv6: $0, destinationPort: port), to: queues[0]) }
    if let first = refusals[0], refusals[1] != nil { throw first }
    for (family, refusal) in zip(["IPv4", "IPv6"], refusals) {
      if let refusal { remarks.append("\(family) is not steered: \(refusal)") }
    }
    if queues.count > 1 {
      remarks.append("every stream goes to queue \(queues[0]): a rule for a port has one queue")
    }
  }

  /// - Returns: what the kernel refused it with; nil when the rule stands until the lease ends.
  private func insert(_ flow: TCPFlow, to queue: Int) -> LeaseError? {
    do throws(LeaseError) {
      _ = try lease.steer(FlowRule(.tcp(flow), to: .queue(UInt32(queue))))
      return nil
    } catch {
      return error
    }
  }

  /// Gives a flow a rule of its own.
  ///
  /// - Returns: the queue it goes to from now on; nil where the flows are not steered one by one.
  func steer(_ flow: Flow) -> Int? {
    guard method == .flow, let connection = TCPFlow(flow) else { return nil }
    let queue = queues[next % queues.count]
    do throws(LeaseError) {
      rules[flow.id] = try lease.steer(FlowRule(.tcp(connection), to: .queue(UInt32(queue))))
      next += 1
      return queue
    } catch {
      fallBack(from: error, port: connection.destinationPort ?? 0)
      return nil
    }
  }

  /// Removes a flow's rule.
  func release(_ flow: Int) {
    guard let rule = rules.removeValue(forKey: flow) else { return }
    do throws(LeaseError) {
      try lease.release(rule)
    } catch {
      remarks.append("the rule of stream \(flow) could not be removed: \(error)")
    }
  }

  /// What has been said since the last time.
  func takeRemarks() -> [String] {
    defer { remarks = [] }
    return remarks
  }

  private func fallBack(from error: LeaseError, port: UInt16) {
    method = .port
    do throws(LeaseError) {
      try begin(port: port)
      remarks.append(
        "a rule for one stream was refused (\(error)); one for port \(port) is used instead (--steer port)")
    } catch {
      method = .none
      remarks.append("no flow rule could be set, so nothing reaches the zero-copy queues: \(error)")
    }
  }
}

extension TCPFlow {
  /// Nil where an address is not known any more.
  fileprivate init?(_ flow: Flow) {
    guard let remote = flow.remote, let local = flow.local, let source = FlowAddress(remote.host),
      let destination = FlowAddress(local.host)
    else { return nil }
    self.init(source: source, sourcePort: remote.port, destination: destination, destinationPort: local.port)
  }
}
