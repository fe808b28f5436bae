import BoundedJSON
import NetworkInterface

/// The flow rules of a NIC in its JSON document.
enum NICRuleDocument {
  static func table(_ table: FlowRuleTable) -> JSONValue {
    .object([
      "size": NICDocument.number(table.size),
      "driver_chooses_location": .bool(table.driverChoosesLocation),
      "rules": NICDocument.list(table.rules, rule),
    ])
  }

  private static func rule(_ rule: FlowRule) -> JSONValue {
    var object: JSONObject = ["location": NICDocument.number(rule.location)]
    switch rule.specification {
    case .tcp(let flow):
      object["flow_type"] = .string(flow.isIPv6 ? "tcp6" : "tcp4")
      object["source"] = NICDocument.text(flow.source?.description)
      object["source_port"] = NICDocument.number(flow.sourcePort)
      object["destination"] = NICDocument.text(flow.destination?.description)
      object["destination_port"] = NICDocument.number(flow.destinationPort)
    case .other(let type, _):
      object["flow_type"] = .string("other")
      object["flow_type_number"] = NICDocument.number(type)
    }
    switch rule.action {
    case .queue(let queue): object["queue"] = NICDocument.number(queue)
    case .context(let context, let first):
      object["context"] = NICDocument.number(context)
      object["first_queue"] = NICDocument.number(first)
    case .drop: object["drop"] = .bool(true)
    case .other(let cookie): object["ring_cookie"] = .unsigned(cookie)
    }
    return .object(object)
  }
}
