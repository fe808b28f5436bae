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

/// The rules and RSS contexts of an interface, as far as steering sets them.
protocol SteeringTable: AnyObject {
  func steer(_ rule: FlowRule) throws(LeaseError) -> RuleHandle
  func release(_ rule: RuleHandle) throws(LeaseError)
  func spread(over queues: [Int]) throws(LeaseError) -> ContextHandle
  func release(_ context: ContextHandle) throws(LeaseError)
}

extension InterfaceLease: SteeringTable {}

/// Sends flows to the zero-copy queues, by rules that a lease keeps account of.
///
/// With `flow`, a rule that is refused makes one for the port take its place, for this test: the next one asks for rules of
/// its streams again.
final class FlowSteering {
  private let table: any SteeringTable
  private let queues: [Int]
  let method: SteeringMethod
  /// The rules of flows, by the flows' numbers.
  private var flows: [Int: (rule: FlowRule, handle: RuleHandle)] = [:]
  private var next = 0
  private var portRule: PortRule?
  private var fallback: Fallback?
  /// This test's streams without a rule, by what the reason is.
  private var unsteered: [(reason: String, streams: [Int])] = []
  /// What became of the rules, for the reader.
  private var remarks: [String] = []

  private struct PortRule {
    let port: UInt16
    var handles: [RuleHandle] = []
    /// Over all queues; nil where it leads to the first.
    var context: ContextHandle?
    /// Why a family of addresses has no rule, by whether it is IPv6.
    var refusals: [Bool: LeaseError] = [:]
    /// What is not as it was asked for.
    var notes: [String] = []
  }

  /// A test whose streams have no rules of their own any more.
  private struct Fallback {
    /// What the kernel refused, and why.
    let reason: String
    /// Rules of streams that were removed to make room.
    var removed = 0
  }

  init(_ table: any SteeringTable, queues: [Int], method: SteeringMethod) {
    self.table = table
    self.queues = queues
    self.method = method
  }

  /// With `port`, sends what goes to it to the queues: by an RSS context over all of them, or to the first where there is
  /// one only or the driver has no contexts.
  ///
  /// - Throws: what the kernel refused the rule for IPv4 with, where it refused the one for IPv6 too.
  func begin(port: UInt16) throws(LeaseError) {
    guard method == .port else { return }
    portRule = try makePortRule(port, firstIPv6: false)
  }

  /// A test begins: what was refused in the last one is asked for again.
  func beginTest() {
    fallback = nil
    unsteered = []
  }

  // MARK: Flows

  /// Gives a flow a rule of its own.
  ///
  /// - Returns: the queue it goes to from now on; nil where a rule of its own does not decide that.
  func steer(_ flow: Flow) -> Int? {
    guard method != .none else { return nil }
    guard let connection = TCPFlow(flow) else {
      leave(flow.id, because: "its addresses are unknown")
      return nil
    }
    if method == .flow, fallback == nil {
      let queue = queues[next % queues.count]
      let rule = FlowRule(.tcp(connection), to: .queue(UInt32(queue)))
      do throws(LeaseError) {
        flows[flow.id] = (rule, try table.steer(rule))
        next += 1
        removePortRule()
        return queue
      } catch {
        fallBack(from: "the rule of stream \(flow.id) was refused (\(error))", connection)
      }
    }
    guard let portRule else {
      leave(flow.id, because: "none was accepted")
      return nil
    }
    if let refusal = portRule.refusals[connection.isIPv6] {
      leave(flow.id, because: "\(refusal)")
      return nil
    }
    return method == .flow && portRule.context == nil ? queues[0] : nil
  }

  private func leave(_ stream: Int, because reason: String) {
    if let index = unsteered.firstIndex(where: { $0.reason == reason }) {
      unsteered[index].streams.append(stream)
    } else {
      unsteered.append((reason, [stream]))
    }
  }

  /// Whether a rule of ours sends a flow to the queues.
  func hasRule(for flow: Int) -> Bool {
    hasOwnRule(for: flow) || portRule != nil && !unsteered.contains { $0.streams.contains(flow) }
  }
  func hasOwnRule(for flow: Int) -> Bool { flows[flow] != nil }

  /// Removes a flow's rule.
  func release(_ flow: Int) {
    guard let entry = flows.removeValue(forKey: flow) else { return }
    do throws(LeaseError) {
      try table.release(entry.handle)
    } catch {
      remarks.append("the rule of stream \(flow) could not be removed: \(error)")
    }
  }

  // MARK: One rule for the port

  /// The rules of streams stay where there is room for one of the port beside them; otherwise they give way to it, which
  /// serves all.
  private func fallBack(from reason: String, _ connection: TCPFlow) {
    fallback = Fallback(reason: reason)
    guard portRule == nil else { return }
    let port = connection.destinationPort ?? 0
    portRule = try? makePortRule(port, firstIPv6: connection.isIPv6)
    guard portRule?.refusals[connection.isIPv6] != nil || portRule == nil else { return }
    removePortRule()
    let removed = flows
    for flow in removed.keys { release(flow) }
    do throws(LeaseError) {
      portRule = try makePortRule(port, firstIPv6: connection.isIPv6)
      fallback?.removed = removed.count
    } catch {
      for (flow, entry) in removed { flows[flow] = (try? table.steer(entry.rule)).map { (entry.rule, $0) } }
      let lost = removed.keys.filter { flows[$0] == nil }
      for flow in lost.sorted() { leave(flow, because: "it was removed for one of the port, and refused then") }
      fallback = Fallback(reason: "\(reason), and one for port \(port) too (\(error))")
    }
  }

  /// - Parameter firstIPv6: whose rule is inserted first; there may be room for one.
  /// - Throws: what the kernel refused that one with, where it refused both.
  private func makePortRule(_ port: UInt16, firstIPv6: Bool) throws(LeaseError) -> PortRule {
    var rule = PortRule(port: port)
    let families = [firstIPv6, !firstIPv6]
    if queues.count > 1 {
      do throws(LeaseError) {
        let context = try table.spread(over: queues)
        let refusal = insert(families, .context(context.number, firstQueue: 0), into: &rule)
        if refusal == nil {
          rule.context = context
          return rule
        }
        // The driver has contexts, and no rules that lead to them.
        if let refusal {
          rule.notes.append("every stream goes to queue \(queues[0]): no rule leads to an RSS context: \(refusal)")
        }
        remove(context)
      } catch {
        rule.notes.append("every stream goes to queue \(queues[0]): no RSS context over all queues was made: \(error)")
      }
    }
    if let refusal = insert(families, .queue(UInt32(queues[0])), into: &rule) { throw refusal }
    return rule
  }

  /// Inserts the rules for a port, one for each family of addresses.
  ///
  /// - Returns: what the kernel refused the first one with, where it refused both.
  private func insert(_ families: [Bool], _ action: FlowAction, into rule: inout PortRule) -> LeaseError? {
    rule.refusals = [:]
    for isIPv6 in families {
      do throws(LeaseError) {
        let flow = TCPFlow(isIPv6: isIPv6, destinationPort: rule.port)
        rule.handles.append(try table.steer(FlowRule(.tcp(flow), to: action)))
      } catch {
        rule.refusals[isIPv6] = error
      }
    }
    if rule.handles.isEmpty { return rule.refusals[families[0]] }
    for (family, refusal) in [("IPv4", rule.refusals[false]), ("IPv6", rule.refusals[true])] {
      if let refusal { rule.notes.append("\(family) is not steered: \(refusal)") }
    }
    return nil
  }

  private func removePortRule() {
    guard let rule = portRule else { return }
    portRule = nil
    for handle in rule.handles {
      do throws(LeaseError) {
        try table.release(handle)
      } catch {
        remarks.append("the rule for port \(rule.port) could not be removed: \(error)")
      }
    }
    if let context = rule.context { remove(context) }
  }

  private func remove(_ context: ContextHandle) {
    do throws(LeaseError) {
      try table.release(context)
    } catch {
      remarks.append("RSS context \(context.number), which is of no use, could not be deleted: \(error)")
    }
  }

  // MARK: For the reader

  /// What of this test is not as it was asked for.
  var circumstances: [String] {
    var notes: [String] = []
    if let fallback {
      let removed = fallback.removed > 0 ? ", to which the rules of \(fallback.removed.counted("stream")) gave way" : ""
      notes.append(
        portRule.map { "\(fallback.reason); one for port \($0.port) is used instead (--steer port)\(removed)" }
          ?? fallback.reason)
    }
    if method == .port || fallback != nil { notes += portRule?.notes ?? [] }
    return notes
      + unsteered.map { reason, streams in
        let (name, verb) = streams.count == 1 ? ("stream", "has") : ("streams", "have")
        let numbers = streams.map { "\($0)" }.joined(separator: ", ")
        return "\(name) \(numbers) \(verb) no flow rule (\(reason)): RSS chooses the queue"
      }
  }

  /// How many streams reached which queue, in a test in which a rule was refused; nil in another.
  ///
  /// - Parameter queues: of each stream's last packet; nil where it is unknown.
  func arrivals(_ queues: [Int?]) -> String? {
    guard fallback != nil else { return nil }
    let counts = Dictionary(queues.map { ($0, 1) }, uniquingKeysWith: +)
    let parts = counts.sorted { ($0.key ?? .max) < ($1.key ?? .max) }.map { queue, count in
      "\(UInt64(count).counted("stream")) on \(queue.map { "queue \($0)" } ?? "a queue that is unknown")"
    }
    return "by the queue of their last packet: \(parts.joined(separator: ", "))"
  }

  /// What has been said since the last time.
  func takeRemarks() -> [String] {
    defer { remarks = [] }
    return remarks
  }
}

extension TCPFlow {
  /// Nil where an address is not known any more.
  fileprivate init?(_ flow: Flow) {
    guard let remote = flow.remote, let local = flow.local, let source = FlowAddress(unscoped: remote.host),
      let destination = FlowAddress(unscoped: local.host)
    else { return nil }
    self.init(source: source, sourcePort: remote.port, destination: destination, destinationPort: local.port)
  }
}

extension FlowAddress {
  /// An address as getnameinfo(3) writes it: that of a link-local peer has its interface behind it, fe80::1%eth0, which no
  /// packet carries.
  fileprivate init?(unscoped text: String) {
    self.init(String(text.prefix { $0 != "%" }))
  }
}
