import MeteringBench
import Testing

@testable import Metering

@Suite("Descriptions of counters in sysfs")
struct EventDescriptionTests {
  @Test(
    "A list of CPUs is the kernel's, ranges and all",
    arguments: [
      ("0", [0]), ("0,48", [0, 48]), ("0-3,8", [0, 1, 2, 3, 8]), ("", []), ("5,5-6", [5, 6]),
      ("0-1,4-5\n", [0, 1, 4, 5]),
    ])
  func masks(text: String, cpus: [Int]) {
    #expect(CPUMask.parse(text) == cpus)
  }

  @Test(
    "What is no list of CPUs is none", arguments: ["a", "1-", "-1", "3-1", "0-70000", "1--2", "0-99999999999999999999"])
  func noMask(text: String) {
    #expect(CPUMask.parse(text) == nil)
  }

  @Test("A value goes where the format says, in pieces too")
  func pieces() throws {
    let format = try #require(EventFormat("config:0-7,32-35,59-60"))
    var selection = EventSelection()
    #expect(format.set(0x3_1c7, in: &selection))
    #expect(selection.config == 0x1800_0001_0000_00c7)
    #expect(!format.set(1 << 14, in: &selection))
    var high = EventSelection()
    let all = format.set(0x3fff, in: &high)
    #expect(all)
    #expect(high.config == 0x1800_000f_0000_00ff)
  }

  @Test("A format may be one bit, the whole word, and of another word")
  func words() throws {
    var selection = EventSelection()
    #expect(try #require(EventFormat("config:63")).set(1, in: &selection))
    #expect(try #require(EventFormat("config1:0-63")).set(.max, in: &selection))
    #expect(try #require(EventFormat("config2:4-7")).set(0xf, in: &selection))
    #expect(selection.config == 0x8000_0000_0000_0000)
    #expect(selection.config1 == .max)
    #expect(selection.config2 == 0xf0)
  }

  @Test(
    "What is no format is none", arguments: ["", "config", "config:", "config:8-7", "config:0-64", "config9:0", "a:b"])
  func noFormat(text: String) {
    #expect(EventFormat(text) == nil)
  }

  @Test("The kernel's scale for a cache line is 64 bytes, to the bit")
  func cacheLine() {
    #expect(EventUnit.bytesPerCount(scale: "6.103515625e-5", unit: "MiB") == 64)
    #expect(EventUnit.bytesPerCount(scale: nil, unit: "Bytes") == 1)
    #expect(EventUnit.bytesPerCount(scale: "32", unit: "B") == 32)
  }

  @Test(
    "A unit that is none of bytes, and a scale that is no positive number, give no size",
    arguments: [("1", "Joules"), ("1", nil), ("0", "MiB"), ("-1", "MiB"), ("nan", "MiB"), ("inf", "B"), ("x", "MiB")])
  func noSize(scale: String, unit: String?) {
    #expect(EventUnit.bytesPerCount(scale: scale, unit: unit) == nil)
  }

  @Test("Terms are what the device has; a value to be given, one that is too large and an unknown term are refused")
  func terms() throws {
    let tree = try TemporaryTree(
      try PlatformFixture("intel-haswell-2s").with([
        "/sys/bus/event_source/devices/uncore_imc_0/format/edge": "config:18\n"
      ]))
    defer { tree.remove() }
    let device = try #require(EventSourceDevice("uncore_imc_0", in: SystemTree(root: tree.root)))
    #expect(device.selection(of: "event=0x04,umask=0x03")?.config == 0x304)
    #expect(device.selection(of: "event=4,umask=3,edge")?.config == 0x4_0304)
    #expect(device.selection(of: "config=0x1234")?.config == 0x1234)
    #expect(device.selection(of: "event=0x104") == nil)
    #expect(device.selection(of: "event=?") == nil)
    #expect(device.selection(of: "flavour=1") == nil)
    #expect(device.events.keys.sorted() == ["cas_count_read", "cas_count_write", "clockticks"])
    #expect(device.events["clockticks"]?.bytesPerCount == nil)
    #expect(EventSourceDevice("nothing", in: SystemTree(root: tree.root)) == nil)
  }
}
