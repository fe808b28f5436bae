import BoundedJSON

/// Under which conditions runs took place: every member of their environment and settings, with the values met.
struct Conditions: Sendable {
  /// In the order they were met.
  private(set) var names: [String] = []
  private var values: [String: [String]] = [:]
  /// A receiver did not tell which machine it is.
  private(set) var isReceiverHidden = false
  /// The other members of the environment say the same.
  private static let derived: Set<String> = ["environment.system"]

  /// What iperf3 calls our settings.
  private static let iperfSettings = [
    ("num_streams", "streams"), ("blksize", "block_length"), ("omit", "omit"), ("duration", "duration"),
    ("bytes", "bytes"), ("blocks", "blocks"), ("target_bitrate", "bandwidth_bits_per_second"),
  ]

  func values(of name: String) -> [String] { values[name] ?? [] }

  mutating func add(_ run: RecordedRun) {
    note("protocol", run.traffic.transport.map { .string($0) })
    note("direction", .string(run.traffic.direction.rawValue))
    switch run.origin {
    case .zcrxBench:
      note("role", run.json.at("role"))
      note("tool_version", run.json.at("tool_version"))
      if run.json.at("environment.shared") == .bool(false) { isReceiverHidden = true }
      add(run.json.at("environment"), "environment")
      add(run.json.at("settings"), "settings")
      for stream in run.json.at("streams")?.array ?? [] {
        note("congestion control", stream.at("tcp.congestion"))
        note("path MTU", stream.at("tcp.path_mtu"))
      }
    case .iperf3:
      note("tool_version", run.json.at("start.version"))
      note("environment.system", run.json.at("start.system_info"))
      for (theirs, ours) in Self.iperfSettings {
        note("settings.\(ours)", run.json.at("start.test_start.\(theirs)"))
      }
      note("congestion control", run.json.at("end.sender_tcp_congestion"))
    }
  }

  mutating func add(_ campaign: Campaign) {
    add(campaign.plan.json(), "plan")
    if campaign.receiver?.isShared == false { isReceiverHidden = true }
    add(campaign.receiver?.json(), "receiver")
    add(campaign.sender?.json(), "sender")
  }

  private mutating func add(_ value: JSONValue?, _ name: String) {
    guard !Self.derived.contains(name) else { return }
    guard let object = value?.object else { return note(name, value) }
    for (key, member) in object.members where key != "system" && key != "shared" { add(member, "\(name).\(key)") }
  }

  private mutating func note(_ name: String, _ value: JSONValue?) {
    guard let value else { return }
    let text = value.string ?? value.text()
    // What is not told is no value that could be compared.
    guard text != Environment.notShared else { return }
    if values[name] == nil { names.append(name) }
    if values[name, default: []].contains(text) == false { values[name, default: []].append(text) }
  }
}

/// A condition that is not the same on both sides.
public struct ConditionDifference: Sendable, Equatable {
  /// `environment.kernel`.
  public var name: String
  /// The values met on each side; empty where no run of it tells.
  public var base: [String]
  public var new: [String]
}
