import MeteringBench
import Testing

@testable import Metering

@Suite("How the machine is set up")
struct MachineConditionsTests {
  /// Constructed: the words are those of the kernel's Documentation/ABI/testing/sysfs-devices-system-cpu.
  private static let files = [
    "sys/devices/system/cpu/vulnerabilities/mds": "Vulnerable: Clear CPU buffers attempted, no microcode\n",
    "sys/devices/system/cpu/vulnerabilities/retbleed": "Mitigation: untrained return thunk; SMT disabled\n",
    "sys/devices/system/cpu/vulnerabilities/meltdown": "Not affected\n",
    "sys/devices/system/cpu/vulnerabilities/srbds": "Unknown: Dependent on hypervisor status\n",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpufreq/policy1/scaling_governor": "powersave\n",
    "sys/devices/system/cpu/cpufreq/policy2/scaling_governor": "performance\n",
    "sys/devices/system/cpu/smt/control": "forceoff\n",
    "sys/devices/system/node/node0/cpulist": "0-1,4\n",
    "sys/devices/system/node/node1/cpulist": "2-3\n",
    "sys/devices/system/node/node2/cpulist": "\n",
    "sys/devices/system/node/online": "0-2\n",
    "sys/class/iommu/dmar0/dummy": "",
    "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor lahf_lm\n",
  ]

  @Test("Everything the kernel tells")
  func everything() throws {
    let tree = try TemporaryTree(Self.files)
    defer { tree.remove() }
    let conditions = MachineConditions.read(root: tree.root)
    #expect(
      conditions.flaws == MachineConditions.Flaws(mitigated: ["retbleed"], vulnerable: ["mds"], notAffected: 1))
    #expect(conditions.governors == ["performance", "powersave"])
    #expect(conditions.simultaneousThreads == "forceoff")
    #expect(conditions.numaNodes == 2)
    #expect(conditions.iommus == ["dmar0"])
    #expect(conditions.isVirtual == true)
  }

  @Test("A processor without the flag runs without a hypervisor, one without flags does not tell")
  func hypervisor() throws {
    for (text, isVirtual) in [
      ("flags\t\t: fpu vmx\n", false), ("processor\t: 0\nFeatures\t: fp asimd\n", nil), ("", nil),
    ] as [(String, Bool?)] {
      let tree = try TemporaryTree(["proc/cpuinfo": text])
      defer { tree.remove() }
      #expect(MachineConditions.read(root: tree.root).isVirtual == isVirtual)
    }
  }

  @Test("Nothing to read is nothing known, and none of it zero")
  func nothing() {
    #expect(MachineConditions.read(root: "/nonexistent") == MachineConditions())
  }

  @Test("An IOMMU class without a unit is a machine without an IOMMU in use")
  func noIOMMU() throws {
    let tree = try TemporaryTree(["sys/class/iommu/.gitkeep": ""])
    defer { tree.remove() }
    #expect(MachineConditions.read(root: tree.root).iommus != nil)
  }

  @Test("A CPU is in the node that lists it")
  func nodes() throws {
    let tree = try TemporaryTree(Self.files)
    defer { tree.remove() }
    let topology = NumaTopology.read(root: tree.root)
    #expect([0, 1, 2, 3, 4, 5].map(topology.node) == [0, 0, 1, 1, 0, nil])
    #expect(NumaTopology.read(root: "/nonexistent").node(of: 0) == nil)
  }
}
