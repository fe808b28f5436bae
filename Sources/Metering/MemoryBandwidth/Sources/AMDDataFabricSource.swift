/// AMD's data fabric: data between it and the memory controllers, 64 bytes a count (arch/x86/events/amd/uncore.c; the
/// numbers are those of tools/perf/pmu-events/arch/x86/amdzen1 to amdzen5, data-fabric.json). It has fewer counters than
/// a large server has channels, so that the kernel shares them out over time.
enum AMDDataFabricSource {
  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    guard let device = machine.devices(named: "amd_df").first else { return .absent }
    let family = machine.processorField("cpu family").flatMap { Int($0) }
    guard let events = events(of: device, family: family) else {
      return .unusable(
        "amd_df of CPU family \(family.map { "\($0)" } ?? "unknown") is none whose numbers are known here")
    }
    var counters: [PlannedCounter] = []
    for event in events {
      guard
        let counter = machine.counters(
          of: device, event: event.name, terms: event.terms, direction: event.direction, bytesPerCount: 64)
      else { return .unusable("amd_df has no room for \(event.terms)") }
      counters += counter
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .amdDataFabric,
          title: "AMD data fabric (amd_df), \(Set(events.map(\.channel)).count) channels a socket",
          remarks: [
            "the data fabric has fewer counters than channels: figures of some milliseconds, or of a load that comes and "
              + "goes, are estimates"
          ]),
        counters: counters))
  }

  private typealias Event = (channel: Int, name: String, terms: String, direction: PlannedCounter.Direction)

  /// The wider `umask` came with the fabric of Zen 4.
  private static func events(of device: EventSourceDevice, family: Int?) -> [Event]? {
    let isWide = device.formats["umask"]?.bits.count == 2
    switch (family, isWide) {
    case (0x17?, false), (0x18?, false), (0x19?, false):
      return (0..<8).map { channel in
        (channel, "dram_channel_data_controller_\(channel)", terms(0x07, channel, umask: 0x38), .both)
      }
    case (0x19?, true): return directed(read: 0x7fe, write: 0x7ff)
    case (0x1a?, true): return directed(read: 0xffe, write: 0xfff)
    default: return nil
    }
  }

  private static func directed(read: Int, write: Int) -> [Event] {
    (0..<12).flatMap { channel -> [Event] in
      [
        (channel, "read_data_beats_dram_\(channel)", terms(0x1f, channel, umask: read), .read),
        (channel, "write_data_beats_dram_\(channel)", terms(0x1f, channel, umask: write), .write),
      ]
    }
  }

  /// Each channel's events are 0x40 further on.
  private static func terms(_ first: Int, _ channel: Int, umask: Int) -> String {
    "event=\(first + 0x40 * channel),umask=\(umask)"
  }
}
