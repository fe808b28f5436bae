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
  /// What is not as it was asked for, from here on.
  private(set) var circumstances: [String] = []
  /// What became of the rules, for the reader.
  private var remarks: [String] = []

  init(_ lease: InterfaceLease, queues: [Int], method: SteeringMethod) {
    self.lease = lease
    self.queues = queues
    self.method = method
  }

  /// With `port`, sends what goes to it to the queues: by an RSS context over all of them, or to the first where there is
  /// one only or the driver has no contexts.
  ///
  /// - Throws: what the kernel refused the rule for IPv4 with, where it refused the one for IPv6 too.
  func begin(port: UInt16) throws(LeaseError) {
    guard method == .port else { return }
    if let context = makeContext() {
      guard let refusal = insert(port, .context(context.number, firstQueue: 0)) else { return }
      // The driver has contexts, and no rules that lead to them.
      release(context, after: refusal)
    }
    if let refusal = insert(port, .queue(UInt32(queues[0]))) { throw refusal }
  }

  /// Nil where one queue needs none, or the driver has none.
  private func makeContext() -> ContextHandle? {
    guard queues.count > 1 else { return nil }
    do throws(LeaseError) {
      return try lease.spread(over: queues)
    } catch {
      circumstances.append("every stream goes to queue \(queues[0]): no RSS context over all queues was made: \(error)")
      return nil
    }
  }

  private func release(_ context: ContextHandle, after refusal: LeaseError) {
    circumstances.append("every stream goes to queue \(queues[0]): no rule leads to an RSS context: \(refusal)")
    do throws(LeaseError) {
      try lease.release(context)
    } catch {
      circumstances.append("RSS context \(context.number), which is of no use, could not be deleted: \(error)")
    }
  }

  /// Inserts the rules for a port, one for each family of addresses.
  ///
  /// - Returns: what the kernel refused the one for IPv4 with, where it refused both; nil when one stands until the lease
  ///   ends.
  private func insert(_ port: UInt16, _ action: FlowAction) -> LeaseError? {
    let refusals = [false, true].map { insert(TCPFlow(isIPv6: $0, destinationPort: port), action) }
    if let first = refusals[0], refusals[1] != nil { return first }
    for (family, refusal) in zip(["IPv4", "IPv6"], refusals) {
      if let refusal { circumstances.append("\(family) is not steered: \(refusal)") }
    }
    return nil
  }

  private func insert(_ flow: TCPFlow, _ action: FlowAction) -> LeaseError? {
    do throws(LeaseError) {
      _ = try lease.steer(FlowRule(.tcp(flow), to: action))
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
      circumstances.append(
        "a rule for one stream was refused (\(error)); one for port \(port) is used instead (--steer port)")
      try begin(port: port)
    } catch {
      method = .none
      circumstances = ["no flow rule could be set, so nothing reaches the zero-copy queues: \(error)"]
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
