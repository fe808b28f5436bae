/// NVIDIA Grace and later: the Scalable Coherency Fabric of each socket (drivers/perf/arm_cspmu/nvidia_cspmu.c,
/// Documentation/admin-guide/perf/nvidia-pmu.rst). `cmem_rd_data` counts 32 bytes, `cmem_wr_total_bytes` bytes (NVIDIA's
/// Grace performance tuning guide). On later chips the named events stand at zero under load, and refills and write-backs
/// of the last-level cache, 64 bytes each, agree with other counts within a few percent (linux-kernel, patches for Vera).
enum NvidiaFabricSource {
  /// What the driver calls a chip it does not know yet; PMIIDR then tells product (bits 20 to 31) and maker.
  private static let genericName = "nvidia_uncore_pmu"
  private static let product: UInt32 = 0x2cf
  private static let maker: UInt32 = 0x36b

  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    let devices =
      machine.devices(named: "nvidia_scf_pmu") + machine.devices(named: genericName).filter(isFabric)
    guard !devices.isEmpty else { return .absent }
    var counters: [PlannedCounter] = []
    for device in devices {
      guard let own = self.counters(of: device, on: machine) else {
        return .unusable("\(device.name) has no term 'event' of the size expected")
      }
      counters += own
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .nvidiaFabric, title: "NVIDIA Scalable Coherency Fabric (\(devices[0].name)), \(devices.count) in all",
          limitation:
            "traffic of the CPU and ordered writes of PCIe devices only: what a NIC writes with relaxed ordering, "
            + "and what it reads, is not in it"),
        counters: counters))
  }

  private static func isFabric(_ device: EventSourceDevice) -> Bool {
    guard let identifier = device.identifier else { return false }
    let digits = identifier.hasPrefix("0x") ? identifier.dropFirst(2) : identifier[...]
    return UInt32(digits, radix: 16).map { $0 >> 20 == product && $0 & 0xfff == maker } ?? false
  }

  private static func counters(of device: EventSourceDevice, on machine: MachineDescription) -> [PlannedCounter]? {
    var events: [(name: String, terms: String, direction: PlannedCounter.Direction, bytes: Double)] = []
    if let read = device.events["cmem_rd_data"], let write = device.events["cmem_wr_total_bytes"] {
      events.append(("cmem_rd_data", read.terms, .read, 32))
      events.append(("cmem_wr_total_bytes", write.terms, .write, 1))
    }
    let hasNames = !events.isEmpty
    events.append(("event=0xf1", "event=0xf1", .read, 64))
    events.append(("event=0xf3", "event=0xf3", .write, 64))
    var counters: [PlannedCounter] = []
    for event in events {
      guard
        let counter = machine.counters(
          of: device, event: event.name, terms: event.terms, direction: event.direction, bytesPerCount: event.bytes,
          isSubstitute: hasNames && event.bytes == 64)
      else { return nil }
      counters += counter
    }
    return counters
  }
}
