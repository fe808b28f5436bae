/// Intel's counters that are always on: `uncore_imc` of client processors up to Ice Lake, `uncore_imc_free_running_*` of
/// later ones (arch/x86/events/intel/uncore_snb.c) and of Snow Ridge and Ice Lake servers (uncore_snbep.c).
enum IntelFreeRunningSource {
  private static let reads = ["data_reads", "data_read", "read"]
  private static let writes = ["data_writes", "data_write", "write"]
  private static let total = "data_total"

  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    let devices = machine.devices(named: "uncore_imc_free_running") + machine.devices(named: "uncore_imc")
    guard !devices.isEmpty else { return .absent }
    var counters: [PlannedCounter] = []
    var used = 0
    for device in devices {
      let chosen = events(of: device)
      for (name, direction) in chosen {
        guard let event = device.events[name], let size = event.bytesPerCount,
          let counter = machine.counters(
            of: device, event: name, terms: event.terms, direction: direction, bytesPerCount: size)
        else { return .unusable("\(device.name)/\(name) has no unit of bytes, or terms that are not understood") }
        counters += counter
      }
      if !chosen.isEmpty { used += 1 }
    }
    guard used > 0 else {
      return .unusable("\(devices[0].name) has no event for bytes read or written; a later kernel may have one")
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .intelFreeRunning, title: "Intel memory controllers (free-running counters), \(used) a socket"),
        counters: counters))
  }

  /// A total is taken only where nothing tells reads from writes: it holds both.
  private static func events(of device: EventSourceDevice) -> [(String, PlannedCounter.Direction)] {
    let read = reads.first { device.events[$0] != nil }
    let write = writes.first { device.events[$0] != nil }
    if let read, let write { return [(read, .read), (write, .write)] }
    return device.events[total] == nil ? [] : [(total, .both)]
  }
}
