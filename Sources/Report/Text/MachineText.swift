/// How machine and interface are set up.
enum MachineText {
  static func line(for interface: InterfaceReport) -> TextLine {
    var parts = ["\(interface.name) (\(interface.choice == .named ? "named with -i" : "the way to the peer"))"]
    if let driver = interface.driver {
      let version = interface.driverVersion.map { " \($0)" } ?? ""
      parts.append("driver \(driver)\(version)" + (interface.firmware.map { " with firmware \($0)" } ?? ""))
    }
    parts.append("MTU \(interface.mtu)")
    if let speed = interface.speed { parts.append("\(speed) Mb/s") }
    if let offloads = interface.offloads {
      let all = [
        ("GRO", offloads.gro), ("HW-GRO", offloads.hardwareGRO), ("LRO", offloads.lro), ("TSO", offloads.tso),
        ("GSO", offloads.gso),
      ]
      let active = all.filter(\.1).map(\.0)
      parts.append("offloads \(active.isEmpty ? "none" : active.joined(separator: " "))")
    }
    if let receive = interface.receiveRing, let transmit = interface.transmitRing {
      parts.append("rings of \(receive) in and \(transmit) out")
    }
    if let split = interface.dataSplit {
      let threshold = interface.splitThreshold.map { " beyond \($0) bytes" } ?? ""
      parts.append("data split \(split.rawValue)\(split == .on ? threshold : "")")
    }
    return TextLine("  Interface: \(parts.joined(separator: ", "))")
  }

  /// In a verbose report.
  static func line(for machine: MachineReport, interface: InterfaceReport?) -> TextLine {
    var parts: [String] = []
    if let isVirtual = machine.isVirtual { parts.append(isVirtual ? "a hypervisor is there" : "no hypervisor") }
    if let governors = machine.governors { parts.append("governor \(governors.joined(separator: " "))") }
    if let threads = machine.simultaneousThreads { parts.append("SMT \(threads)") }
    if let nodes = machine.numaNodes { parts.append("\(nodes) NUMA \(nodes == 1 ? "node" : "nodes")") }
    if let node = interface?.numaNode { parts.append("the interface's is node \(node)") }
    if let iommus = machine.iommus {
      parts.append(iommus.isEmpty ? "no IOMMU" : "IOMMU \(iommus.joined(separator: " "))")
    }
    if let group = interface?.iommuGroup {
      parts.append("the interface's group \(group)" + (interface?.iommuGroupType.map { " of type \($0)" } ?? ""))
    }
    if let mitigated = machine.mitigated {
      parts.append("mitigations for \(mitigated.isEmpty ? "nothing" : mitigated.joined(separator: " "))")
    }
    if let vulnerable = machine.vulnerable, !vulnerable.isEmpty {
      parts.append("vulnerable to \(vulnerable.joined(separator: " "))")
    }
    return TextLine("    Machine: \(parts.isEmpty ? "nothing is known" : parts.joined(separator: "; "))")
  }
}
