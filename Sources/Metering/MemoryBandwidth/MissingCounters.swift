/// Why a machine has no counters of memory traffic at all.
enum MissingCounters {
  static func reason(on machine: MachineDescription) -> String {
    if machine.tree.names(in: EventSourceDevice.folder).isEmpty {
      return "the kernel shows no counters: \(EventSourceDevice.folder) is empty or missing (CONFIG_PERF_EVENTS, or a "
        + "container without /sys)"
    }
    if let evidence = VirtualMachine.evidence(on: machine) {
      return "this is a virtual machine (\(evidence)), and its hypervisor hands no memory controller's counters on"
    }
    return switch machine.processorField("vendor_id") {
    case "GenuineIntel":
      "no uncore_imc in \(EventSourceDevice.folder): the driver is missing (modprobe intel_uncore, "
        + "CONFIG_PERF_EVENTS_INTEL_UNCORE), or this kernel is older than the processor"
    case "AuthenticAMD", "HygonGenuine":
      "no amd_umc (Zen 4 and later, Linux 6.8) and no amd_df in \(EventSourceDevice.folder): the driver is missing "
        + "(modprobe amd_uncore, CONFIG_PERF_EVENTS_AMD_UNCORE)"
    default:
      "no memory controller in \(EventSourceDevice.folder): the driver of this machine's is missing, or there is none "
        + "(drivers/perf: arm_cspmu and nvidia_cspmu, alibaba_uncore_drw_pmu, …)"
    }
  }
}

/// Signs of a hypervisor.
enum VirtualMachine {
  private static let makers = [
    "QEMU", "KVM", "VMware", "VirtualBox", "innotek", "Xen", "Bochs", "Google Compute Engine", "OpenStack", "Parallels",
    "Virtual Machine", "Alibaba Cloud ECS", "Firecracker", "Apple Virtualization",
  ]

  /// What says so; nil where nothing does.
  static func evidence(on machine: MachineDescription) -> String? {
    if machine.processorField("flags")?.split(separator: " ").contains("hypervisor") == true {
      return "the CPU has the flag 'hypervisor'"
    }
    if let type = machine.tree.text("/sys/hypervisor/type"), !type.isEmpty { return "/sys/hypervisor/type is \(type)" }
    for field in ["sys_vendor", "product_name"] {
      guard let name = machine.tree.text("/sys/class/dmi/id/\(field)") else { continue }
      if makers.contains(where: name.contains) { return "its firmware calls it '\(name)'" }
    }
    // Amazon's machines have the same maker with and without a hypervisor.
    if machine.tree.text("/sys/class/dmi/id/sys_vendor") == "Amazon EC2",
      let kind = machine.tree.text("/sys/class/dmi/id/product_name"), !kind.contains("metal")
    {
      return "its firmware calls it '\(kind)' of Amazon EC2"
    }
    return machine.tree.text("/proc/device-tree/hypervisor/compatible").map {
      "the device tree has a hypervisor, \($0)"
    }
  }
}
