import NetworkInterface
import Report

/// The flow rules of a NIC for a terminal.
enum NICRuleText {
  static func lines(_ table: FlowRuleTable) -> [String] {
    let size = table.size.map { " of \($0.counted("place"))" } ?? ""
    let chooser = table.driverChoosesLocation ? ", the driver chooses the place" : ""
    return ["  \(table.rules.count.counted("rule"))\(size)\(chooser)"] + table.rules.map(line)
  }

  private static func line(_ rule: FlowRule) -> String {
    "  rule \(rule.location): \(specification(rule.specification)) \(action(rule.action))"
  }

  private static func specification(_ specification: FlowSpecification) -> String {
    guard case .tcp(let flow) = specification else {
      guard case .other(let type, _) = specification else { return "" }
      return "flow-type number \(type)"
    }
    let parts: [String?] = [
      flow.source.map { "src-ip \($0)" }, flow.destination.map { "dst-ip \($0)" },
      flow.sourcePort.map { "src-port \($0)" }, flow.destinationPort.map { "dst-port \($0)" },
    ]
    return (["flow-type \(flow.isIPv6 ? "tcp6" : "tcp4")"] + parts.compactMap { $0 }).joined(separator: " ")
  }

  private static func action(_ action: FlowAction) -> String {
    switch action {
    case .queue(let queue): "action \(queue)"
    case .context(let context, let first): "context \(context)" + (first == 0 ? "" : " from queue \(first)")
    case .drop: "action -1 (drop)"
    case .other(let cookie): "action \(cookie)"
    }
  }
}
