/// Memory controllers that the kernel's own files describe: events with a unit of bytes in sysfs, or with a size in the
/// kernel's list of metrics. A controller that counts something whose size nothing tells is not used: its figure would be
/// a guess.
enum DescribedSource {
  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    let candidates = machine.devices.filter { device in names.contains { device.name.contains($0) } }
      .filter { device in !others.contains { device.name.hasPrefix($0) } }
    guard !candidates.isEmpty else { return .absent }
    var counters: [PlannedCounter] = []
    var used: [String] = []
    for device in candidates {
      guard let events = Known.events(of: device) ?? events(of: device) else { continue }
      var own: [PlannedCounter] = []
      for (name, direction, size) in events {
        guard let event = device.events[name],
          let counter = machine.counters(
            of: device, event: name, terms: event.terms, direction: direction, bytesPerCount: size)
        else { return .unusable("\(device.name)/\(name) has terms that are not understood") }
        own += counter
      }
      counters += own
      used.append(device.name)
    }
    guard let first = used.first else {
      return .unusable(
        "\(candidates[0].name) has counters, and nothing in the kernel tells how many bytes one count of theirs is")
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .described,
          title: "memory controllers as the kernel describes them (\(first)), "
            + "\(used.count) in all"),
        counters: counters))
  }

  /// What drivers call memory controllers.
  private static let names = ["imc", "ddr", "dmc", "mcu", "drw", "umc", "emc"]
  /// Devices of other sources.
  private static let others = ["uncore_imc", "amd_umc"]

  typealias Choice = (name: String, direction: PlannedCounter.Direction, bytesPerCount: Double)

  /// One event each for reads and writes, or one for both: with more of them, some would hold others.
  private static func events(of device: EventSourceDevice) -> [Choice]? {
    var reads: [Choice] = []
    var writes: [Choice] = []
    var rest: [Choice] = []
    for (name, event) in device.events {
      guard let size = event.bytesPerCount else { continue }
      let words = name.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." }
      let isRead = words.contains { $0 == "rd" || $0.hasPrefix("read") }
      let isWrite = words.contains { $0 == "wr" || $0.hasPrefix("write") }
      switch (isRead, isWrite) {
      case (true, false): reads.append((name, .read, size))
      case (false, true): writes.append((name, .write, size))
      default: rest.append((name, .both, size))
      }
    }
    if reads.count == 1, writes.count == 1 { return reads + writes }
    return reads.isEmpty && writes.isEmpty && rest.count == 1 ? rest : nil
  }

  /// Sizes from the kernel's list of metrics.
  private enum Known {
    static func events(of device: EventSourceDevice) -> [Choice]? {
      if device.name.hasPrefix("ali_drw_") {
        // tools/perf/pmu-events/arch/arm64/thead/yitian710/sys/metrics.json: reads; writes and read-modify-writes.
        return [("hif_rd", .read, 64), ("hif_wr", .write, 64), ("hif_rmw", .write, 64)]
      }
      if device.name.hasPrefix("imx8_ddr"), device.identifier == "i.MX8MM" {
        // tools/perf/pmu-events/arch/arm64/freescale/imx8mm/sys/metrics.json: 4 x 4 bytes a cycle.
        return [("read-cycles", .read, 16), ("write-cycles", .write, 16)]
      }
      return nil
    }
  }
}
