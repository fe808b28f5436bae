import BoundedJSON
import NetworkInterface

/// What somebody can set on a NIC, and where two looks at it differ.
enum NICDifference {
  /// One line for each setting: "rings.rx: 1024 → 512".
  static func lines(from before: NICState, to after: NICState) -> [String] {
    lines("", settings(before), settings(after))
  }

  /// Of its document, with counters, NAPI's ids and what it can do left out.
  private static func settings(_ state: NICState) -> JSONValue {
    let document = NICDocument.document(for: state)
    var settings = JSONObject()
    for member in ["channels", "rings", "features", "rss", "rss_contexts", "flow_rules"] {
      settings[member] = document.at(member) ?? .null
    }
    for member in ["up", "carrier", "mtu", "xdp"] {
      settings["link." + member] = document.at("link")?.at(member) ?? .null
    }
    let napis = Dictionary((state.napis.value ?? []).map { ($0.id, $0) }) { first, _ in first }
    for queue in state.queues.value ?? [] where queue.direction == .receive {
      guard let napi = queue.napi.flatMap({ napis[$0] }) else { continue }
      settings["napi of rx-\(queue.number)"] = .object([
        "defer_hard_irqs": NICDocument.number(napi.deferredInterrupts),
        "gro_flush_timeout_ns": NICDocument.number(napi.groFlushNanoseconds),
        "irq_suspend_timeout_ns": NICDocument.number(napi.interruptSuspendNanoseconds),
        "threaded": NICDocument.number(napi.threaded),
      ])
      settings["holder of rx-\(queue.number)"] = .string(queue.holder ?? "nobody")
    }
    return .object(settings)
  }

  private static func lines(_ name: String, _ before: JSONValue, _ after: JSONValue) -> [String] {
    guard before != after else { return [] }
    // It is a secret of the host's.
    if name == "rss.key" { return ["\(name): another one"] }
    guard let old = before.object, let new = after.object else {
      return ["\(name): \(before.text(pretty: false)) → \(after.text(pretty: false))"]
    }
    let names = old.members.map(\.key) + new.members.map(\.key).filter { old[$0] == nil }
    return names.flatMap { member in
      lines(name.isEmpty ? member : "\(name).\(member)", old[member] ?? .null, new[member] ?? .null)
    }
  }
}
