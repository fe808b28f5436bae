/// What sources look at.
struct MachineDescription: Sendable {
  let tree: SystemTree
  let devices: [EventSourceDevice]
  let processors: ProcessorMap
  /// The first CPU's lines of /proc/cpuinfo.
  let processor: String

  init(_ tree: SystemTree) {
    self.tree = tree
    devices = EventSourceDevice.all(in: tree)
    processors = ProcessorMap(tree)
    processor = tree.text("/proc/cpuinfo", limit: 16_384) ?? ""
  }

  /// The value of a key of /proc/cpuinfo.
  func processorField(_ key: String) -> String? {
    for line in processor.split(separator: "\n") where line.hasPrefix(key) {
      let rest = line.dropFirst(key.count).drop { $0 == "\t" || $0 == " " }
      if rest.first == ":" { return String(rest.dropFirst().drop { $0 == " " }) }
    }
    return nil
  }

  /// The devices called `prefix`, or `prefix` and a number: "uncore_imc", "uncore_imc_3", not "uncore_imc_free_running_0".
  func devices(named prefix: String) -> [EventSourceDevice] {
    devices.filter { device in
      guard device.name.hasPrefix(prefix) else { return false }
      let rest = device.name.dropFirst(prefix.count)
      return rest.isEmpty || rest.first == "_" && rest.dropFirst().allSatisfy(\.isNumber)
    }
  }

  /// A counter of `device` on each CPU it names. Nil where the terms cannot be expressed.
  func counters(
    of device: EventSourceDevice, event: String, terms: String, direction: PlannedCounter.Direction,
    bytesPerCount: Double, isSubstitute: Bool = false
  ) -> [PlannedCounter]? {
    guard let selection = device.selection(of: terms) else { return nil }
    let cpus = device.cpus ?? Array(processors.online.prefix(1))
    return cpus.map { cpu in
      PlannedCounter(
        name: "\(device.name)/\(event)",
        place: .event(
          CounterEvent(
            type: device.type, config: selection.config, config1: selection.config1, config2: selection.config2,
            cpu: cpu)),
        socket: processors.socket(of: cpu), direction: direction, bytesPerCount: bytesPerCount,
        isSubstitute: isSubstitute)
    }
  }
}
