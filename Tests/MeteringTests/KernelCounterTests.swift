import Glibc
import Linux
import MeteringBench
import SystemPackage
import Testing

@testable import Metering

/// perf_event_open(2) itself, with events of software, which every kernel has (PERF_TYPE_SOFTWARE, linux/perf_event.h).
@Suite("Counters of the running kernel")
struct KernelCounterTests {
  private static let software: UInt32 = 1
  private static let cpuClock: UInt64 = 0
  private static let contextSwitches: UInt64 = 3

  /// Whether this process may count for the whole machine.
  private static let mayCount: Bool = {
    do throws(SystemCallError) {
      _ = try KernelCounters().open(CounterEvent(type: software, config: cpuClock, cpu: 0))
      return true
    } catch {
      return false
    }
  }()

  @Test("A counter counts, and all the time", .enabled(if: mayCount, "may not count for the whole machine"))
  func counts() throws {
    let counter = try KernelCounters().open(
      CounterEvent(type: Self.software, config: Self.contextSwitches, cpu: try #require(try allowedCPUs().first)))
    let before = try counter.read()
    // On one CPU or another, this thread and others give theirs up meanwhile.
    var later = before
    for _ in 0..<1000 where later.count == before.count || later.enabled == before.enabled {
      usleep(1000)
      later = try counter.read()
    }
    #expect(later.count > before.count)
    #expect(later.enabled > before.enabled)
    #expect(later.running - before.running == later.enabled - before.enabled)
  }

  @Test("What the kernel has not is refused with its errno")
  func refused() throws {
    let unknown = #expect(throws: SystemCallError.self) {
      try KernelCounters().open(CounterEvent(type: 0xffff, config: 0, cpu: 0))
    }
    #expect(unknown?.errno == .noSuchFileOrDirectory || Self.mayCount == false)
    let elsewhere = #expect(throws: SystemCallError.self) {
      try KernelCounters().open(CounterEvent(type: Self.software, config: Self.cpuClock, cpu: 8191))
    }
    #expect(elsewhere?.call == "perf_event_open")
  }

  @Test(
    "A whole meter runs on the kernel's own counters, described by a tree whose 'memory controller' is the CPU's clock",
    .enabled(if: mayCount, "may not count for the whole machine"))
  func meter() throws {
    let cpu = try #require(try allowedCPUs().first)
    let device = "/sys/bus/event_source/devices/ddr_stand_in"
    let tree = try TemporaryTree([
      "\(device)/type": "\(Self.software)\n", "\(device)/cpumask": "\(cpu)\n", "\(device)/format/event": "config:0-7\n",
      "\(device)/events/bytes": "event=0x00\n", "\(device)/events/bytes.unit": "Bytes\n",
      "/sys/devices/system/cpu/online": "0-\(cpu)\n",
    ])
    defer { tree.remove() }
    let meter = try MemoryBandwidthMeter.open(root: tree.root).meter()
    #expect(meter.source.kind == .described)
    let before = meter.sample()
    usleep(20_000)
    let traffic = try meter.traffic(from: before, to: meter.sample()).get()
    // A byte for each nanosecond of that CPU's clock; how many depends on who else is counted with it.
    #expect(traffic.total > 0)
    #expect(traffic.read == nil)
    #expect(traffic.seconds >= 0.02)
  }

  @Test("This machine has counters of memory traffic, or a reason why not")
  func thisMachine() {
    switch MemoryBandwidthMeter.open() {
    case .meter(let meter): #expect(!meter.sockets.isEmpty)
    case .unavailable(let reason): #expect(reason.count > 20, "\(reason)")
    }
  }
}
