import NetworkInterface
import Report

/// Who else uses an interface, and which rules lead to its queue because somebody wanted it so, as lines.
struct TenancyChecks {
  let interface: String
  let queue: Int
  let flowRules: Reading<FlowRuleTable>
  let tenancy: Reading<LeaseTenancy>
  /// Whether the server is to prepare the interface.
  let preparesInterface: Bool

  /// A lease of this tool.
  var lease: Check {
    func line(_ state: Check.State, _ what: String, fix: String? = nil) -> Check {
      Check(
        "lease", "other zcrx-bench", state, what, check: "the journal in /run/zcrx-bench, /proc/locks", fix: fix)
    }
    guard let tenancy = tenancy.value else { return line(.unknown, tenancy.absence ?? "not told") }
    let queues = tenancy.queues.isEmpty ? "" : " for \(Self.list(tenancy.queues, "queue"))"
    switch tenancy.tenant {
    case .nobody: return line(.ok, "none uses the interface")
    case .process(let id) where preparesInterface:
      return line(
        .problem, "process \(id) uses the interface\(queues)", fix: "end it, or choose another interface (-i)")
    case .process(let id):
      return line(.warning, "process \(id) has prepared the interface\(queues), and puts it back at its end")
    case .dead: return line(stateOfRemains, "one has died and left changes", fix: restore)
    case .kept: return line(.ok, "the interface was set up to stay\(queues), until: \(restore)")
    case .stale(let why): return line(.ok, "a journal is left over, and will be discarded: \(why)")
    }
  }

  /// Rules that lead to the queue. Those of a user are judged by `Preparation`; without one they are what he wants.
  var rules: Check {
    func line(_ state: Check.State, _ what: String, fix: String? = nil) -> Check {
      Check("queue_rules", "rules to the queue", state, what, check: "ETHTOOL_GRXCLSRLALL", fix: fix)
    }
    guard let table = flowRules.value else {
      let absence = flowRules.absence ?? "not told"
      guard case .refused(let error) = flowRules, error.errno == .notSupported else { return line(.unknown, absence) }
      return line(.absent, absence)
    }
    let rules = table.rules.filter { $0.leads(to: queue) }
    guard !rules.isEmpty else { return line(.ok, "none") }
    let verb = rules.count == 1 ? "leads" : "lead"
    let present = "\(Self.list(rules.map { Int($0.location) }, "rule")) \(verb) to queue \(queue)"
    let owner = tenancy.value.flatMap { tenancy in rules.allSatisfy(tenancy.owns) ? tenancy.tenant : nil }
    switch owner {
    case .process(let id)?:
      return line(
        preparesInterface ? .problem : .warning, "\(present), of process \(id)",
        fix: "end it, or choose another queue (-q)")
    case .dead?: return line(stateOfRemains, "\(present), of one that has died", fix: restore)
    default: return line(.ok, present)
    }
  }

  private var restore: String { "zcrx-bench nic restore -i \(interface)" }

  /// The next server that prepares the interface puts back first what a dead one has left.
  private var stateOfRemains: Check.State { preparesInterface ? .changedBySetup : .warning }

  /// "queue 1", "queues 1, 2"; at most four numbers.
  private static func list(_ numbers: [Int], _ noun: String) -> String {
    let shown = numbers.prefix(4).map(String.init).joined(separator: ", ")
    let others = numbers.count > 4 ? " and \(numbers.count - 4) more" : ""
    return "\(noun)\(numbers.count == 1 ? "" : "s") \(shown)\(others)"
  }
}
