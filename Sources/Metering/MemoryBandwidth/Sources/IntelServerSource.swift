/// Intel Xeon: CAS commands at each channel of each memory controller (arch/x86/events/intel/uncore_snbep.c). From Granite
/// Rapids on each channel counts its two halves apart: cas_count_read_sch0 and _sch1.
enum IntelServerSource {
  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    let devices = machine.devices(named: "uncore_imc").filter { device in
      device.events.keys.contains { $0.hasPrefix("cas_count_") }
    }
    guard !devices.isEmpty else { return .absent }
    var counters: [PlannedCounter] = []
    for device in devices {
      for (name, event) in device.events.sorted(by: { $0.key < $1.key }) {
        guard let direction = direction(of: name) else { continue }
        guard let size = event.bytesPerCount,
          let counter = machine.counters(
            of: device, event: name, terms: event.terms, direction: direction, bytesPerCount: size)
        else {
          return .unusable("\(device.name)/\(name) (\(event.terms)) has no unit of bytes, or terms not understood")
        }
        counters += counter
      }
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .intelServer, title: "Intel memory controllers (uncore_imc), \(devices.count) channels a socket",
          remarks: [directCacheAccess]),
        counters: counters))
  }

  private static func direction(of event: String) -> PlannedCounter.Direction? {
    if event.hasPrefix("cas_count_read") { return .read }
    return event.hasPrefix("cas_count_write") ? .write : nil
  }

  private static let directCacheAccess =
    "Intel DDIO: the NIC may write into the last-level cache; what is read there before it is evicted never reaches DRAM "
    + "and is in no figure, with copying as without"
}
