import MeteringBench
import Testing

@testable import Metering

/// Which counters are opened on which machine, and what they come to. The expected numbers are worked out by hand from the
/// drivers' descriptions.
@Suite("Sources of memory bandwidth")
struct MemorySourceTests {
  struct Expectation: Sendable, CustomTestStringConvertible {
    var machine: String
    var kind: MemorySource.Kind
    var counters: Int
    var sockets: [Int]
    /// Counts a second of every counter with this config.
    var rates: [UInt64: UInt64]
    /// Of each socket, of one step.
    var read: UInt64?
    var write: UInt64?
    var total: UInt64
    var testDescription: String { machine }
  }

  static let expectations = [
    // 4 channels, each 1000 reads and 500 writes of 64 bytes.
    Expectation(
      machine: "intel-haswell-2s", kind: .intelServer, counters: 16, sockets: [0, 1], rates: [0x304: 1000, 0xc04: 500],
      read: 256_000, write: 128_000, total: 384_000),
    Expectation(
      machine: "intel-sapphire-rapids-2s", kind: .intelServer, counters: 32, sockets: [0, 1],
      rates: [0xcf05: 10, 0xf005: 20], read: 5120, write: 10_240, total: 15_360),
    // 12 channels of two halves.
    Expectation(
      machine: "intel-granite-rapids", kind: .intelServer, counters: 48, sockets: [0],
      rates: [0xcf05: 1, 0xcf06: 2, 0xf005: 4, 0xf006: 8], read: 12 * 3 * 64, write: 12 * 12 * 64, total: 12 * 15 * 64),
    Expectation(
      machine: "intel-skylake-client", kind: .intelFreeRunning, counters: 2, sockets: [0],
      rates: [0x01: 100, 0x02: 50, 0x03: 7, 0x04: 7, 0x05: 7], read: 6400, write: 3200, total: 9600),
    // data_total (0x10ff) holds the other two and is left alone.
    Expectation(
      machine: "intel-tiger-lake", kind: .intelFreeRunning, counters: 4, sockets: [0],
      rates: [0x10ff: 999, 0x20ff: 100, 0x30ff: 50], read: 12_800, write: 6400, total: 19_200),
    // 12 controllers a socket; rdwrmask in bits 8 and 9.
    Expectation(
      machine: "amd-genoa-2s", kind: .amdMemoryController, counters: 48, sockets: [0, 1],
      rates: [0x10a: 1000, 0x20a: 2000], read: 768_000, write: 1_536_000, total: 2_304_000),
    // The first and the last of 12 channels: events 0x1f and 0x2df, umasks 0x7fe and 0x7ff with their high bits at 24.
    Expectation(
      machine: "amd-genoa-older-kernel", kind: .amdDataFabric, counters: 24, sockets: [0],
      rates: [0x0700_fe1f: 1, 0x0700_ff1f: 2, 0x02_0700_fedf: 10, 0x02_0700_ffdf: 20], read: 11 * 64, write: 22 * 64,
      total: 33 * 64),
    // The first and the last of 8 channels, reads and writes in one: events 0x07 and 0x1c7, umask 0x38.
    Expectation(
      machine: "amd-rome-2s", kind: .amdDataFabric, counters: 16, sockets: [0, 1],
      rates: [0x3807: 5, 0x01_0000_38c7: 7],
      read: nil, write: nil, total: 12 * 64),
    // Reads of 32 bytes, bytes written; the refills count too, and are not looked at.
    Expectation(
      machine: "nvidia-grace-2s", kind: .nvidiaFabric, counters: 8, sockets: [0, 1],
      rates: [0x1a5: 1000, 0x1db: 5000, 0xf1: 77, 0xf3: 77], read: 32_000, write: 5000, total: 37_000),
    Expectation(
      machine: "nvidia-vera", kind: .nvidiaFabric, counters: 2, sockets: [0], rates: [0xf1: 10, 0xf3: 20], read: 640,
      write: 1280, total: 1920),
    // 4 halves of channels; a read-modify-write is a write.
    Expectation(
      machine: "alibaba-yitian-710", kind: .described, counters: 12, sockets: [0],
      rates: [0x2: 10, 0x1: 20, 0x3: 1, 0x0: 99],
      read: 2560, write: 5376, total: 7936),
    Expectation(
      machine: "nxp-imx8mm", kind: .described, counters: 2, sockets: [0], rates: [0x2a: 3, 0x2b: 5, 0x0: 99], read: 48,
      write: 80, total: 128),
  ]

  @Test("Each machine's counters are found, opened on its CPUs, and come to bytes", arguments: expectations)
  func platforms(expected: Expectation) throws {
    let tree = try TemporaryTree(try PlatformFixture(expected.machine).files)
    defer { tree.remove() }
    let bench = CounterBench()
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    #expect(meter.source.kind == expected.kind)
    #expect(bench.opened.count == expected.counters)
    #expect(meter.sockets == expected.sockets)
    let hasLine = meter.source.remarks.contains { $0.contains("DDIO") }
    #expect(hasLine == (expected.kind == .intelServer))
    for event in bench.opened {
      bench.rates[CounterBench.Key(event.type, event.config)] = expected.rates[event.config] ?? 0
    }
    let opened = Set(bench.opened.map(\.config))
    // Rates of events nobody should open are there to be ignored; at least one of each machine's must be looked at.
    #expect(!opened.isDisjoint(with: expected.rates.keys))
    let before = meter.sample()
    bench.advance()
    let traffic = try meter.traffic(from: before, to: meter.sample()).get()
    #expect(
      traffic.sockets
        == expected.sockets.map {
          MemoryTraffic.Socket(socket: $0, read: expected.read, write: expected.write, total: expected.total)
        })
    #expect(traffic.runningShare == 1)
    #expect(!traffic.usesSubstitutes)
    #expect(traffic.total == expected.total * UInt64(expected.sockets.count))
    #expect(traffic.read == expected.read.map { $0 * UInt64(expected.sockets.count) })
  }

  @Test("Counters are opened on the CPUs the device names, one for each socket")
  func cpus() throws {
    let tree = try TemporaryTree(try PlatformFixture("amd-genoa-2s").files)
    defer { tree.remove() }
    let bench = CounterBench()
    _ = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    #expect(Set(bench.opened.filter { $0.type == 13 }.map(\.cpu)) == [0])
    #expect(Set(bench.opened.filter { $0.type == 25 }.map(\.cpu)) == [96])
  }

  @Test("A CPU that is off line is left out, and so is what it would count")
  func offline() throws {
    let tree = try TemporaryTree(
      try PlatformFixture("intel-haswell-2s").with(["/sys/devices/system/cpu/online": "0-13,15-27\n"]))
    defer { tree.remove() }
    let bench = CounterBench()
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    #expect(meter.sockets == [0])
    #expect(meter.source.remarks.contains { $0.contains("uncore_imc_0") && $0.contains("CPU 14") }, "\(meter.source)")
  }

  @Test("A CPU that goes off line before its counter is opened is told of")
  func vanished() throws {
    let tree = try TemporaryTree(try PlatformFixture("intel-haswell-2s").files)
    defer { tree.remove() }
    let bench = CounterBench()
    bench.refusal = { $0.cpu == 14 ? .operationNotSupportedByDevice : nil }
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    #expect(meter.sockets == [0])
    #expect(meter.source.remarks.contains { $0.contains("8 of 16") && $0.contains("CPU 14") }, "\(meter.source)")
    bench.refusal = { _ in .operationNotSupportedByDevice }
    #expect(MemoryBandwidthMeter.open(root: tree.root, opener: bench).reason?.contains("ENODEV") == true)
  }

  @Test("What holds only the CPU's traffic says so, and what holds all says nothing")
  func limitations() throws {
    for (machine, words) in [
      ("resctrl-2s", "CPU traffic only"), ("nvidia-grace-2s", "traffic of the CPU"), ("intel-haswell-2s", nil),
      ("amd-genoa-2s", nil),
    ] {
      let tree = try TemporaryTree(try PlatformFixture(machine).files)
      defer { tree.remove() }
      let source = try MemoryBandwidthMeter.open(root: tree.root, opener: CounterBench()).meter().source
      if let words {
        #expect(source.limitation?.hasPrefix(words) == true)
      } else {
        #expect(source.limitation == nil)
      }
    }
  }

  @Test("resctrl: the groups of all tasks add up, by the socket of each cache")
  func resourceControl() throws {
    let tree = try TemporaryTree(try PlatformFixture("resctrl-2s").files)
    defer { tree.remove() }
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: CounterBench()).meter()
    #expect(meter.source.kind == .resourceControl)
    let before = meter.sample()
    for (file, bytes) in [
      ("mon_data/mon_L3_00", 1_000_100), ("mon_groups/watched/mon_data/mon_L3_00", 310),
      ("half/mon_data/mon_L3_01", 61),
      ("half/mon_groups/inner/mon_data/mon_L3_01", 1007),
    ] {
      try tree.write("\(bytes)\n", to: "sys/fs/resctrl/\(file)/mbm_total_bytes")
    }
    let traffic = try meter.traffic(from: before, to: meter.sample()).get()
    #expect(
      traffic.sockets == [
        MemoryTraffic.Socket(socket: 0, read: nil, write: nil, total: 110),
        MemoryTraffic.Socket(socket: 1, read: nil, write: nil, total: 1001),
      ])
    try tree.write("Unavailable\n", to: "sys/fs/resctrl/mon_data/mon_L3_00/mbm_total_bytes")
    let failure = #expect(throws: MemoryTrafficFailure.self) {
      try meter.traffic(from: before, to: meter.sample()).get()
    }
    #expect(failure?.description == "mon_data/mon_L3_00/mbm_total_bytes cannot be read any more (ENODATA)")
  }
}
