import NetworkInterface

/// What the server's own preparation of an interface would come to, by the very plan it would make.
struct Preparation: Sendable, Equatable {
  /// What it would change once nothing is refused any more; nil where something stays refused.
  private(set) var plan: LeasePlan?
  /// What it would be refused for, in the order the planner meets it; all of it where the user can mend it.
  private(set) var refusals: [LeaseRefusal] = []

  /// Plans; pure.
  init(_ wish: LeaseWish, in state: InterfaceState) {
    var state: InterfaceState? = state
    while let present = state {
      do throws(LeaseRefusal) {
        plan = try LeasePlan.make(wish, in: present)
        return
      } catch {
        refusals.append(error)
        state = Preparation.mended(error.reason, in: present, for: wish)
      }
    }
  }

  /// The state once the user has mended what the plan was refused for; nil where it takes more than removing something.
  private static func mended(
    _ reason: LeaseRefusal.Reason, in state: InterfaceState, for wish: LeaseWish
  ) -> InterfaceState? {
    var after = state
    switch reason {
    case .linkDown: after.link.isUp = true
    case .expressDataPath: after.link.expressDataPath = nil
    case .queueHeld: for queue in wish.queues { after.holders[queue] = nil }
    case .contextUsesQueue:
      after.furtherSpreading = state.furtherSpreading.map { contexts in
        removingFirst(from: contexts) { context in wish.queues.contains { context.uses(queue: $0) } }
      }
    case .ruleUsesQueue:
      after.flowRules = state.flowRules.map { table in
        var table = table
        table.rules = removingFirst(from: table.rules) { rule in wish.queues.contains { rule.leads(to: $0) } }
        return table
      }
    default: return nil
    }
    return after == state ? nil : after
  }

  private static func removingFirst<Element>(
    from elements: [Element], where isMeant: (Element) -> Bool
  ) -> [Element] {
    var elements = elements
    if let place = elements.firstIndex(where: isMeant) { elements.remove(at: place) }
    return elements
  }

  /// The commands of ethtool(8) that do what the server would do; nil where it would refuse.
  func commands(for interface: String) -> [String]? { refusals.isEmpty ? plan?.commands(for: interface) : nil }

  /// A line about the interface as it is now, judged by what the server would do about it.
  func judged(_ line: Check, of interface: String) -> Check {
    let refused = refusals.filter { $0.reason.concern == line.name }
    if !refused.isEmpty { return Preparation.refused(line, for: refused) }
    if let change = plan?.changes.first(where: { $0.concerns.contains(line.name) }) {
      return Check(
        line.name, line.title, .changedBySetup, line.present ?? line.what, check: line.check,
        fix: change.command(for: interface))
    }
    // The plan knows more than the reading does: what this tool has set itself, and which drivers need no filter feature.
    if plan != nil, line.state == .warning || line.state == .problem, ["data_split", "flow_rules"].contains(line.name) {
      return Check(line.name, line.title, .ok, "\(line.present ?? line.what), as it must be", check: line.check)
    }
    return line
  }

  private static func refused(_ line: Check, for refusals: [LeaseRefusal]) -> Check {
    let first = refusals[0]
    let isImpossible = first.isUnsupported && first.fix == nil
    // What was found on the interface says it with more detail.
    if line.state == .impossible || line.state == .problem && !isImpossible { return line }
    let others = refusals.count > 2 ? "; \(refusals.count - 2) more" : ""
    return Check(
      line.name, line.title, isImpossible ? .impossible : .problem,
      refusals.prefix(2).map(\.what).joined(separator: "; ") + others, check: line.check, fix: first.fix)
  }
}

extension LeaseChange {
  /// The lines of an examination that are about what it changes.
  fileprivate var concerns: [String] {
    switch self {
    case .channels: ["queues"]
    case .feature(FeatureStates.hardwareGRO, _, _): ["hardware_gro"]
    case .feature: ["flow_rules"]
    case .rings(_, let to):
      (to.split == nil ? [] : ["data_split"]) + (to.threshold == nil ? [] : ["threshold"])
    case .spreading: ["rss"]
    case .deferral: []
    }
  }
}

extension LeaseRefusal.Reason {
  /// The line of an examination that is about it.
  fileprivate var concern: String {
    switch self {
    case .linkDown: "link"
    case .expressDataPath: "xdp"
    case .noQueue, .oneChannel, .queueBeyondMaximum, .noOtherQueue, .queueCannotRestart: "queues"
    case .queueHeld: "holder"
    case .noDataSplit, .ringSize: "data_split"
    case .noHardwareGRO: "hardware_gro"
    case .noFlowRules: "flow_rules"
    case .noSpreading, .tableCannotBeResized, .contextUsesQueue: "rss"
    case .ruleUsesQueue: "queue_rules"
    // Nobody asks for it in an examination; it would be about who polls the queues.
    case .noDeferral, .deferralWithoutTimeout: "queues"
    }
  }
}

extension FlowRule {
  func leads(to queue: Int) -> Bool { action == .queue(UInt32(clamping: queue)) }
}
