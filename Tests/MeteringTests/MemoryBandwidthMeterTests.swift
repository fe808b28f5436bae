import Linux
import MeteringBench
import SystemPackage
import Testing

@testable import Metering

@Suite("The meter of memory bandwidth")
struct MemoryBandwidthMeterTests {
  private func state(_ count: UInt64, _ enabled: UInt64 = 0, _ running: UInt64? = nil) -> CounterState {
    CounterState(count: count, enabled: enabled, running: running ?? enabled)
  }

  @Test("A count is the difference, of the whole time")
  func plain() throws {
    let difference = try CounterDifference(from: state(100, 10), to: state(350, 20))
    #expect(difference.count == 250)
    #expect(difference.runningShare == 1)
  }

  @Test("A counter that ran for a quarter of the time is scaled up by four, and says so")
  func multiplexed() throws {
    let difference = try CounterDifference(from: state(100, 1000, 800), to: state(350, 2000, 1050))
    #expect(difference.count == 1000)
    #expect(difference.runningShare == 0.25)
  }

  @Test("A counter that never ran is no zero")
  func neverRan() {
    #expect(throws: CounterDifference.Failure.neverRan) {
      try CounterDifference(from: state(0, 1000, 0), to: state(0, 2000, 0))
    }
  }

  @Test("A wrap of 48 bits, and one of 64, is counted through")
  func wraps() throws {
    let top: UInt64 = 1 << 48
    #expect(try CounterDifference(from: state(top - 10, 1), to: state(5, 2)).count == 15)
    #expect(try CounterDifference(from: state(.max - 9, 1), to: state(5, 2)).count == 15)
  }

  @Test(
    "A step back that is no wrap is no traffic",
    arguments: [(1000, 999), (1 << 47, 5), (1 << 50, 3)] as [(UInt64, UInt64)])
  func steppedBack(from: UInt64, to: UInt64) {
    #expect(throws: CounterDifference.Failure.steppedBack) {
      try CounterDifference(from: state(from, 1), to: state(to, 2))
    }
  }

  @Test("Counts near the end of the hardware's range come to the same bytes")
  func wrapThroughMeter() throws {
    let (tree, bench) = try machine("intel-skylake-client")
    defer { tree.remove() }
    bench.start = (1 << 48) - 100
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    for event in bench.opened { bench.rates[CounterBench.Key(event.type, event.config)] = 1000 }
    let before = meter.sample()
    bench.advance()
    #expect(try meter.traffic(from: before, to: meter.sample()).get().total == 2 * 64_000)
  }

  @Test("Shared counters are scaled, and the share is told")
  func sharedCounters() throws {
    let (tree, bench) = try machine("amd-rome-2s")
    defer { tree.remove() }
    bench.running = 500_000_000
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    for event in bench.opened { bench.rates[CounterBench.Key(event.type, event.config)] = 10 }
    let before = meter.sample()
    bench.advance()
    let traffic = try meter.traffic(from: before, to: meter.sample()).get()
    #expect(traffic.runningShare == 0.5)
    #expect(traffic.sockets.map(\.total) == [10_240, 10_240])
    #expect(traffic.read == nil)
  }

  @Test("Where somebody else holds the counters there is no figure, and the reason names one")
  func crowdedOut() throws {
    let (tree, bench) = try machine("intel-haswell-2s")
    defer { tree.remove() }
    bench.running = 0
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    let before = meter.sample()
    bench.advance()
    let failure = #expect(throws: MemoryTrafficFailure.self) {
      try meter.traffic(from: before, to: meter.sample()).get()
    }
    #expect(failure?.description.contains("uncore_imc_0/cas_count_read") == true)
    #expect(failure?.description.contains("somebody else") == true)
  }

  @Test("A counter that cannot be read any more takes the figure with it, and not the later ones")
  func broken() throws {
    let (tree, bench) = try machine("intel-haswell-2s")
    defer { tree.remove() }
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    let before = meter.sample()
    bench.isBroken = { $0.cpu == 14 }
    let during = meter.sample()
    bench.isBroken = { _ in false }
    let failure = #expect(throws: MemoryTrafficFailure.self) { try meter.traffic(from: before, to: during).get() }
    #expect(failure?.description == "uncore_imc_0/cas_count_read cannot be read any more (ENODATA)")
    #expect(try meter.traffic(from: before, to: meter.sample()).get().total == 0)
  }

  @Test("NVIDIA: where the named events stand still, refills and write-backs are taken, and only there")
  func substitutes() throws {
    let (tree, bench) = try machine("nvidia-grace-2s")
    defer { tree.remove() }
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    bench.rates = [.init(31, 0xf1): 10, .init(31, 0xf3): 20]
    let before = meter.sample()
    bench.advance()
    let still = try meter.traffic(from: before, to: meter.sample()).get()
    #expect(still.usesSubstitutes)
    #expect(still.sockets[0] == MemoryTraffic.Socket(socket: 0, read: 640, write: 1280, total: 1920))
    bench.rates[.init(31, 0x1a5)] = 1
    bench.advance()
    let moving = try meter.traffic(from: before, to: meter.sample()).get()
    #expect(!moving.usesSubstitutes)
    #expect(moving.sockets[0] == MemoryTraffic.Socket(socket: 0, read: 32, write: 0, total: 32))
  }

  // MARK: No meter

  @Test(
    "A missing permission is named, with the setting as it is and what helps",
    arguments: [Errno.permissionDenied, Errno.notPermitted])
  func permission(errno: Errno) throws {
    let (tree, bench) = try machine("intel-haswell-2s")
    defer { tree.remove() }
    bench.refusal = { _ in errno }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: bench).reason)
    for words in ["permission", "kernel.perf_event_paranoid is 4", "CAP_PERFMON", "root", errno.name] {
      #expect(reason.contains(words), "\(reason)")
    }
    #expect(!reason.contains("virtual machine"))
  }

  @Test("A source whose counters are refused gives way to the next")
  func nextSource() throws {
    let (tree, bench) = try machine("amd-genoa-2s")
    defer { tree.remove() }
    bench.refusal = { $0.type == 11 ? nil : .invalidArgument }
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    #expect(meter.source.kind == .amdDataFabric)
    bench.refusal = { _ in .invalidArgument }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: bench).reason)
    #expect(reason.contains("amd_umc_0/umc_cas_cmd.rd") && reason.contains("amd_df/") && reason.contains("EINVAL"))
  }

  @Test("A virtual machine is called one, and by what sign")
  func virtualMachine() throws {
    let (tree, bench) = try machine("virtual-machine")
    defer { tree.remove() }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: bench).reason)
    #expect(reason.contains("virtual machine (the CPU has the flag 'hypervisor')"))
  }

  @Test(
    "Where the driver is missing, the reason names it",
    arguments: [("GenuineIntel", "intel_uncore"), ("AuthenticAMD", "amd_uncore"), ("", "drivers/perf")])
  func missingDriver(vendor: String, driver: String) throws {
    let files = try PlatformFixture("virtual-machine").with([
      "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: \(vendor)\nflags\t\t: fpu vme\n"
    ])
    let tree = try TemporaryTree(files)
    defer { tree.remove() }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: CounterBench()).reason)
    #expect(reason.contains(driver) && !reason.contains("virtual machine"), "\(reason)")
  }

  @Test(
    "Machines by another name are virtual too, and Amazon's only where they are",
    arguments: [
      ("QEMU", "Standard PC", true), ("Amazon EC2", "m7g.large", true), ("Amazon EC2", "m7g.metal", false),
      ("Dell Inc.", "PowerEdge R760", false),
    ])
  func firmware(maker: String, product: String, isVirtual: Bool) throws {
    let tree = try TemporaryTree([
      "/sys/class/dmi/id/sys_vendor": maker, "/sys/class/dmi/id/product_name": product,
      "/sys/bus/event_source/devices/software/type": "1",
    ])
    defer { tree.remove() }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: CounterBench()).reason)
    #expect(reason.contains("virtual machine") == isVirtual, "\(reason)")
  }

  @Test(
    "Counts whose size nothing tells are not made into bytes",
    arguments: [("hisilicon-kunpeng-920", "hisi_sccl1_ddrc0"), ("marvell-cn10k", "marvell_cn10k_ddr_87e1c0000000")])
  func noSize(machine name: String, device: String) throws {
    let (tree, bench) = try machine(name)
    defer { tree.remove() }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: bench).reason)
    #expect(reason.contains(device) && reason.contains("how many bytes"), "\(reason)")
    #expect(bench.opened.isEmpty)
  }

  @Test("No /sys at all is told apart from a machine without counters")
  func nothing() throws {
    let tree = try TemporaryTree(["/proc/cpuinfo": "processor\t: 0\nflags\t: hypervisor\n"])
    defer { tree.remove() }
    let reason = try #require(MemoryBandwidthMeter.open(root: tree.root, opener: CounterBench()).reason)
    #expect(reason.contains("the kernel shows no counters"))
  }

  @Test("CPUs that are all off line leave nothing to count on")
  func allOffline() throws {
    let files = try PlatformFixture("intel-skylake-client").with(["/sys/devices/system/cpu/online": "4-7\n"])
    let tree = try TemporaryTree(files)
    defer { tree.remove() }
    let reason = MemoryBandwidthMeter.open(root: tree.root, opener: CounterBench()).reason
    #expect(reason?.contains("off line") == true, "\(reason ?? "")")
  }

  private func machine(_ name: String) throws -> (TemporaryTree, CounterBench) {
    (try TemporaryTree(try PlatformFixture(name).files), CounterBench())
  }
}
