import BoundedJSON

extension JournalRecord {
  static let version = 1
  private static let limits = JSONLimits(
    maximumBytes: 1 << 18, maximumDepth: 6, maximumMembers: 32, maximumValues: 1 << 16)

  /// One line, its line feed included.
  var line: [UInt8] { JSONValue.object(members).serialized() + [UInt8(ascii: "\n")] }

  /// Nil for a line that no version of this tool writes.
  init?(line: some Collection<UInt8>) {
    guard let value = try? JSONParser.parse(line, limits: JournalRecord.limits).object,
      let record = JournalRecord(value)
    else { return nil }
    self = record
  }

  private var members: JSONObject {
    switch self {
    case .identity(let identity, let queues):
      return [
        "zcrx_bench_journal": JSONValue(JournalRecord.version), "boot_id": .string(identity.boot),
        "namespace": JSONValue(identity.namespace), "index": JSONValue(Int(identity.interfaceIndex)),
        "name": .string(identity.interfaceName), "permanent_address": JSONValue(identity.permanentAddress),
        "driver": JSONValue(identity.driver), "queues": .array(queues.map { JSONValue($0) }),
      ]
    case .change(let number, let change): return ["entry": JSONValue(number), "change": .object(change.json)]
    case .rule(let number, let rule): return ["entry": JSONValue(number), "rule": .object(rule.json)]
    case .placed(let number, let location): return ["placed": JSONValue(number), "location": JSONValue(Int(location))]
    case .context(let number, let context): return ["entry": JSONValue(number), "context": .object(context.json)]
    case .made(let number, let context): return ["made": JSONValue(number), "context": JSONValue(Int(context))]
    case .undone(let number): return ["undone": JSONValue(number)]
    case .kept: return ["kept": .bool(true)]
    }
  }

  private init?(_ object: JSONObject) {
    if let version = object["zcrx_bench_journal"] {
      guard version.intValue == JournalRecord.version, let identity = JournalIdentity(object),
        let queues = object["queues"]?.array?.compactMap(\.intValue)
      else { return nil }
      self = .identity(identity, queues: queues)
    } else if let number = object["entry"]?.intValue {
      if let change = object["change"]?.object.flatMap(LeaseChange.init) {
        self = .change(number, change)
      } else if let rule = object["rule"]?.object.flatMap(FlowRule.init) {
        self = .rule(number, rule)
      } else if let context = object["context"]?.object.flatMap(LeaseContext.init) {
        self = .context(number, context)
      } else {
        return nil
      }
    } else if let number = object["placed"]?.intValue, let location = object["location"]?.index {
      self = .placed(number, location: location)
    } else if let number = object["made"]?.intValue, let context = object["context"]?.index {
      self = .made(number, context: context)
    } else if let number = object["undone"]?.intValue {
      self = .undone(number)
    } else if object["kept"] == .bool(true) {
      self = .kept
    } else {
      return nil
    }
  }
}

extension JSONValue {
  fileprivate init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
  fileprivate init(_ number: Int?) { self = number.map { JSONValue($0) } ?? .null }
  fileprivate init(_ table: [UInt32]) { self = .array(table.map { JSONValue(Int($0)) }) }

  /// A whole number of 32 bits.
  fileprivate var index: UInt32? { intValue.flatMap(UInt32.init(exactly:)) }

  /// A list of such.
  fileprivate var indices: [UInt32]? {
    guard let array else { return nil }
    let indices = array.compactMap(\.index)
    return indices.count == array.count ? indices : nil
  }
}

extension JournalIdentity {
  fileprivate init?(_ object: JSONObject) {
    guard let boot = object["boot_id"]?.string, let namespace = object["namespace"]?.uint64Value,
      let index = object["index"]?.index, let name = object["name"]?.string
    else { return nil }
    self.init(
      boot: boot, namespace: namespace, interfaceIndex: index, interfaceName: name,
      permanentAddress: object["permanent_address"]?.string, driver: object["driver"]?.string)
  }
}

extension LeaseChange {
  fileprivate var json: JSONObject {
    switch self {
    case .channels(let from, let to): ["channels": LeaseChange.pair(from.json, to.json)]
    case .feature(let name, let from, let to):
      ["feature": .string(name), "from": .bool(from), "to": .bool(to)]
    case .rings(let from, let to): ["rings": LeaseChange.pair(from.json, to.json)]
    case .spreading(let from, let to): ["rss": LeaseChange.pair(from.json, to.json)]
    case .deferral(let place, let from, let to):
      ["napi": LeaseChange.pair(from.json, to.json), "queue": place.json, "napi_id": place.instance]
    }
  }

  private static func pair(_ from: JSONObject, _ to: JSONObject) -> JSONValue {
    .object(["from": .object(from), "to": .object(to)])
  }

  fileprivate init?(_ object: JSONObject) {
    func both<Setting>(_ key: String, _ read: (JSONObject) -> Setting?) -> (Setting, Setting)? {
      guard let from = object[key]?.object?["from"]?.object.flatMap(read),
        let to = object[key]?.object?["to"]?.object.flatMap(read)
      else { return nil }
      return (from, to)
    }
    if let name = object["feature"]?.string, let from = object["from"]?.boolValue, let to = object["to"]?.boolValue {
      self = .feature(name, from: from, to: to)
    } else if let (from, to) = both("channels", ChannelSetting.init) {
      self = .channels(from: from, to: to)
    } else if let (from, to) = both("rings", RingSetting.init) {
      self = .rings(from: from, to: to)
    } else if let (from, to) = both("rss", SpreadingSetting.init) {
      self = .spreading(from: from, to: to)
    } else if let (from, to) = both("napi", NAPIDeferral.init),
      let place = DeferralPlace(object["queue"], object["napi_id"])
    {
      self = .deferral(place, from: from, to: to)
    } else {
      return nil
    }
  }
}

extension LeaseChange.ChannelSetting {
  fileprivate var json: JSONObject { ["rx": JSONValue(receive), "combined": JSONValue(combined)] }

  fileprivate init?(_ object: JSONObject) {
    guard let receive = object["rx"]?.intValue, let combined = object["combined"]?.intValue else { return nil }
    self.init(receive: receive, combined: combined)
  }
}

extension LeaseChange.RingSetting {
  fileprivate var json: JSONObject {
    [
      "rx": JSONValue(receive), "rx_jumbo": JSONValue(receiveJumbo),
      "tcp_data_split": JSONValue(split.map { Int($0.rawValue) }), "hds_thresh": JSONValue(threshold),
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    let split = object["tcp_data_split"]?.intValue
    self.init(
      receive: object["rx"]?.intValue, receiveJumbo: object["rx_jumbo"]?.intValue,
      split: split.flatMap(UInt8.init(exactly:)).flatMap(TCPDataSplit.init), threshold: object["hds_thresh"]?.intValue)
    guard split == nil || self.split != nil else { return nil }
  }
}

extension LeaseChange.SpreadingSetting {
  fileprivate var json: JSONObject { ["table": JSONValue(table), "default": .bool(isStandard)] }

  fileprivate init?(_ object: JSONObject) {
    guard let table = object["table"]?.indices, let isStandard = object["default"]?.boolValue else { return nil }
    self.init(table: table, isStandard: isStandard)
  }
}

extension LeaseChange.DeferralPlace {
  fileprivate var json: JSONValue {
    if case .queue(let queue, _) = self { JSONValue(queue) } else { .null }
  }

  /// The queue's instance by then: another one in its place has forgotten what was set.
  fileprivate var instance: JSONValue {
    if case .queue(_, let napi) = self { JSONValue(napi.map { Int($0) }) } else { .null }
  }

  fileprivate init?(_ value: JSONValue?, _ instance: JSONValue?) {
    if value == .null {
      self = .device
    } else if let queue = value?.intValue {
      self = .queue(queue, napi: instance?.index)
    } else {
      return nil
    }
  }
}

extension NAPIDeferral {
  fileprivate var json: JSONObject {
    [
      "defer_hard_irqs": JSONValue(deferHardIRQs.map { Int($0) }),
      "gro_flush_timeout_ns": groFlushTimeout.map { JSONValue($0) } ?? .null,
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    self.init(
      deferHardIRQs: object["defer_hard_irqs"]?.index, groFlushTimeout: object["gro_flush_timeout_ns"]?.uint64Value)
    guard !isEmpty else { return nil }
  }
}

extension LeaseContext {
  fileprivate var json: JSONObject {
    ["table": JSONValue(table), "earlier": JSONValue(earlier), "number": JSONValue(number.map { Int($0) })]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let table = object["table"]?.indices, let earlier = object["earlier"]?.indices,
      let number = object["number"], number == .null || number.index != nil
    else { return nil }
    self.init(table: table, earlier: earlier, number: number.index)
  }
}

extension FlowRule {
  fileprivate var json: JSONObject {
    var object: JSONObject = ["location": JSONValue(Int(location))]
    if case .tcp(let flow) = specification {
      object["ipv6"] = .bool(flow.isIPv6)
      object["source"] = JSONValue(flow.source?.description)
      object["source_port"] = JSONValue(flow.sourcePort.map { Int($0) })
      object["destination"] = JSONValue(flow.destination?.description)
      object["destination_port"] = JSONValue(flow.destinationPort.map { Int($0) })
    }
    switch action {
    case .queue(let queue): object["queue"] = JSONValue(Int(queue))
    case .context(let context, let first):
      object["context"] = JSONValue(Int(context))
      object["first_queue"] = JSONValue(Int(first))
    case .drop, .other: break
    }
    return object
  }

  fileprivate init?(_ object: JSONObject) {
    guard let location = object["location"]?.index, let isIPv6 = object["ipv6"]?.boolValue else { return nil }
    func port(_ key: String) -> UInt16? { object[key]?.intValue.flatMap(UInt16.init(exactly:)) }
    let flow = TCPFlow(
      isIPv6: isIPv6, source: object["source"]?.string.flatMap { FlowAddress($0) },
      destination: object["destination"]?.string.flatMap { FlowAddress($0) }, sourcePort: port("source_port"),
      destinationPort: port("destination_port"))
    if let queue = object["queue"]?.index {
      self.init(.tcp(flow), to: .queue(queue), location: location)
    } else if let context = object["context"]?.index, let first = object["first_queue"]?.index {
      self.init(.tcp(flow), to: .context(context, firstQueue: first), location: location)
    } else {
      return nil
    }
  }
}
