/// AMD Zen 4 and later: CAS commands at each memory controller (arch/x86/events/amd/uncore.c, Linux 6.8). The driver names
/// no events: the number of the command, the values of `rdwrmask` and 64 bytes for each are from the kernel's list of
/// metrics (tools/perf/pmu-events/arch/x86/amdzen4, umc_mem_read_bandwidth).
enum AMDMemoryControllerSource {
  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    let devices = machine.devices(named: "amd_umc")
    guard !devices.isEmpty else { return .absent }
    var counters: [PlannedCounter] = []
    for device in devices {
      let events: [(name: String, terms: String, direction: PlannedCounter.Direction)] = [
        ("umc_cas_cmd.rd", "event=0x0a,rdwrmask=0x1", .read), ("umc_cas_cmd.wr", "event=0x0a,rdwrmask=0x2", .write),
      ]
      for event in events {
        guard
          let counter = machine.counters(
            of: device, event: event.name, terms: event.terms, direction: event.direction, bytesPerCount: 64)
        else { return .unusable("\(device.name) has no rdwrmask to tell reads from writes by") }
        counters += counter
      }
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .amdMemoryController, title: "AMD memory controllers (amd_umc), \(devices.count) in all"),
        counters: counters))
  }
}
