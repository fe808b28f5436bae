import MeteringBench
import Testing

@testable import Metering

@Suite("How fast the CPUs run")
struct ProcessorClocksTests {
  /// Constructed: names and words are those of the kernel's Documentation/admin-guide/pm/cpufreq.rst and
  /// Documentation/ABI/testing/sysfs-devices-system-cpu.
  private static let files = [
    "sys/devices/system/cpu/online": "0-2,4\n",
    "sys/devices/system/cpu/cpufreq/policy0/affected_cpus": "0\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "3412345\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "3\n",
    "sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "4\n",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "<unknown>\n",
    "sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_cur_freq": "800000\n",
    "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count": "many\n",
    "sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq": "0\n",
    "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq": "1\n",
  ]

  @Test("Each CPU on line tells what it can")
  func everything() throws {
    let tree = try TemporaryTree(Self.files)
    defer { tree.remove() }
    #expect(
      ProcessorClocks.read(root: tree.root).byCPU == [
        0: ProcessorClocks.Clock(kilohertz: 3_412_345, governor: "performance", throttles: 7),
        1: ProcessorClocks.Clock(kilohertz: 800_000),
      ])
  }

  @Test("A kernel that knows neither frequencies nor heat tells nothing, one that knows one tells that")
  func partly() throws {
    for (part, expected) in [
      ("nothing", nil), ("thermal_throttle", ProcessorClocks.Clock(throttles: 7)),
      ("cpufreq", ProcessorClocks.Clock(kilohertz: 3_412_345, governor: "performance")),
    ] as [(String, ProcessorClocks.Clock?)] {
      let tree = try TemporaryTree(Self.files.filter { $0.key.contains(part) || $0.key.hasSuffix("online") })
      defer { tree.remove() }
      #expect(ProcessorClocks.read(root: tree.root).byCPU[0] == expected)
    }
    #expect(ProcessorClocks.read(root: "/nonexistent").byCPU.isEmpty)
  }
}
