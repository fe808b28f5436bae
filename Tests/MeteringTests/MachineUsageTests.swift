import Linux
import Testing

@testable import Metering

@Suite("Processor use of the machine")
struct MachineUsageTests {
  private static let twoCPUs = """
    cpu  100 20 300 4000 500 60 70 80 90 10
    cpu0 50 10 150 2000 250 30 35 40 45 5
    cpu1 50 10 150 2000 250 30 35 40 45 5
    intr 1234 5 6
    ctxt 99
    """

  private func usage(_ text: String, ticksPerSecond: Int = 100) throws(MeteringError) -> MachineUsage {
    try MachineUsage(procStat: text, path: "stat", ticksPerSecond: ticksPerSecond)
  }

  @Test("Classes are summed as documented, of all CPUs and of each; guest time is not counted twice, iowait is idle")
  func classes() throws {
    let usage = try usage(Self.twoCPUs)
    let all = ProcessorTime(
      user: 1.2, system: 3, irq: 0.6, softirq: 0.7, steal: 0.8, idle: 45, ioWait: 5, guest: 1)
    let one = ProcessorTime(
      user: 0.6, system: 1.5, irq: 0.3, softirq: 0.35, steal: 0.4, idle: 22.5, ioWait: 2.5, guest: 0.5)
    #expect(usage == MachineUsage(all: all, byCPU: [0: one, 1: one]))
    #expect(usage.cpus == 2)
  }

  @Test("Kernels without guest time tell nothing of it; with the first of its two columns they tell that")
  func guests() throws {
    let none = try usage("cpu 1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n")
    #expect(none.all.guest == nil)
    #expect(try usage("cpu 1 2 3 4 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8 9\n").all.guest == 0.09)
    #expect(try usage(Self.twoCPUs).since(none).all.guest == nil)
  }

  @Test("The length of a tick is the kernel's, not a constant")
  func tickLength() throws {
    #expect(try usage(Self.twoCPUs, ticksPerSecond: 1000).all.system == 0.3)
    #expect(throws: MeteringError.self) { try usage(Self.twoCPUs, ticksPerSecond: 0) }
    #expect(throws: MeteringError.self) { try usage(Self.twoCPUs, ticksPerSecond: -1) }
  }

  @Test(
    "Text that is not /proc/stat is refused with what is wrong",
    arguments: [
      ("", "no line for all CPUs"),
      ("cpu", "has 0 numbers"),
      ("cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7 8\n", "has 7 numbers"),
      ("cpu  1 2 3 4 5 6 7 8\n", "no line for a single CPU"),
      ("cpu  1 2 3 4 5 6 7 8\ncpu3 1 2\n", "the line for CPU 3 has 2 numbers"),
      ("cpu  1 2 3 4 5 6 7 x8\ncpu0 1\n", "'x8' is no counter"),
      ("cpu  1 -2 3 4 5 6 7 8\ncpu0 1\n", "'-2' is no counter"),
      ("cpu  1 18446744073709551616 3 4 5 6 7 8\ncpu0 1\n", "'18446744073709551616' is no counter"),
      ("cpu0 1 2 3 4 5 6 7 8\n", "no line for all CPUs"),
      ("\u{0}\u{FFFD}cpu 1 2", "no line for all CPUs"),
    ])
  func odd(text: String, problem: String) throws {
    let error = #expect(throws: MeteringError.self) { try usage(text) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test("What no machine can have counted is refused, wherever it stands; unknown further columns are read")
  func extremes() throws {
    let usage = try usage("cpu 9007199254740992 1 0 0 0 0 0 0 7 7 7 7\ncpu0 0 0 0 0 0 0 0 0\ncpufreq 1\n")
    #expect(usage.all.user > 9e13)
    #expect(usage.cpus == 1)
    for text in [
      "cpu 1 2 3 18446744073709551600 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n",
      "cpu 1 2 3 4 5 6 7 8\ncpu0 1 2 9007199254740993 4 5 6 7 8\n",
    ] {
      let error = #expect(throws: MeteringError.self) { try self.usage(text) }
      #expect(error?.description.contains("is more than a machine can have counted since its start") == true)
    }
  }

  /// One CPU at two readings of ten seconds' distance, and a busy one that is right beside it.
  private func used(_ before: String, _ after: String, seconds: Double = 10) throws -> MachineUsage {
    func text(_ line: String, _ other: String) -> String { "cpu \(line)\ncpu0 \(line)\n" + other }
    return try usage(text(after, "")).used(since: try usage(text(before, "")), seconds: seconds)
  }

  @Test("Readings that a kernel can make are used")
  func plausible() throws {
    #expect(abs(try used("100 0 100 1000 0 5 5 0", "600 0 300 1200 0 5 105 0").all.user - 5) < 1e-9)
    // Idle time and iowait may go back a little.
    #expect(try used("100 0 100 1000 30 5 5 0", "1050 0 110 1000 1 5 45 0").all.idle == 0)
    // Ticks that a virtual CPU missed are nowhere.
    #expect(abs(try used("100 0 100 1000 0 5 5 0", "200 0 100 1050 0 5 5 0").all.user - 1) < 1e-9)
  }

  @Test(
    "Readings that cannot both be right are refused, and said",
    arguments: [
      ("100 0 100 1000 0 5 5 0", "99 0 500 1600 0 5 5 0", "its time of all CPUs went back (user)"),
      ("100 0 100 1000 0 5 5 0", "600 0 99 1600 0 5 5 0", "went back (system)"),
      ("100 0 100 1000 0 5 5 9", "600 0 100 1600 0 5 5 8", "went back (steal)"),
      ("100 0 100 1000 0 5 5 0", "1100 0 100 940 0 5 5 0", "went back (idle)"),
      ("100 0 100 1000 0 5 5 0", "100 0 100 1000 0 5 5 0", "stood still"),
      ("100 0 100 1000 0 5 5 0", "150 0 100 1049 0 5 5 0", "stood still"),
      ("100 0 100 1000 0 5 5 0", "2100 0 100 1001 0 5 5 0", "grew by more than the time that passed"),
      ("100 0 100 1000 0 0 0 0", "600 0 100 1500 0 0 0 0", "no interrupt and no softirq"),
    ])
  func implausible(before: String, after: String, problem: String) throws {
    let error = #expect(throws: MeteringError.self) { try used(before, after) }
    #expect(error?.description.contains("/proc/stat: ") == true)
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test("One CPU that stands still or goes back makes the sum of all unknown too")
  func oneCPU() throws {
    let all = "cpu 200 0 200 2000 0 5 5 0\n"
    let before = try usage(all + "cpu0 100 0 100 1000 0 5 5 0\ncpu1 100 0 100 1000 0 5 5 0\n")
    let still = try usage(
      "cpu 700 0 200 2500 0 5 5 0\n" + "cpu0 600 0 100 1500 0 5 5 0\ncpu1 100 0 100 1000 0 5 5 0\n")
    let error = #expect(throws: MeteringError.self) { try still.used(since: before, seconds: 10) }
    #expect(error?.description.contains("CPU 1's time stood still") == true)
  }

  @Test("What this machine's kernel counts is never refused")
  func thisMachineIsPlausible() throws {
    let clock = ContinuousClock()
    let begin = clock.now
    let earlier = try MachineUsage.now()
    while clock.now - begin < .milliseconds(500) {}
    let later = try MachineUsage.now()
    #expect(throws: Never.self) { try later.used(since: earlier, seconds: (clock.now - begin) / .seconds(1)) }
  }

  @Test("A difference holds what was used in between")
  func difference() throws {
    let later = try usage(Self.twoCPUs.replacing(line: 0, with: "cpu  150 20 310 4100 510 61 170 80 90 10"))
    let difference = later.since(try usage(Self.twoCPUs))
    let spent = difference.all
    #expect(abs(spent.user - 0.5) < 1e-9)
    #expect(abs(spent.ioWait - 0.1) < 1e-9)
    #expect(difference.byCPU[1] == ProcessorTime(guest: 0))
    #expect(abs(spent.system - 0.1) < 1e-9)
    #expect(abs(spent.irq - 0.01) < 1e-9)
    #expect(abs(spent.softirq - 1) < 1e-9)
    #expect(spent.steal == 0)
    #expect(abs(spent.idle - 1.1) < 1e-9)
    #expect(!difference.isApproximate)
  }

  @Test("A counter that steps back counts as zero and is said")
  func steppingBack() throws {
    let later = try usage(Self.twoCPUs.replacing(line: 0, with: "cpu  150 20 310 3000 510 61 170 80 90 10"))
    let spent = later.since(try usage(Self.twoCPUs))
    #expect(spent.all.idle == 0)
    #expect(abs(spent.all.user - 0.5) < 1e-9)
    #expect(spent.isApproximate)
  }

  @Test("A CPU that came or went is said")
  func hotPlug() throws {
    let two = try usage(Self.twoCPUs)
    let one = try usage(Self.twoCPUs.replacing(line: 2, with: "intr 0"))
    #expect(one.cpus == 1)
    #expect(one.since(two).isApproximate)
    #expect(two.since(one).isApproximate)
    #expect(!two.since(two).isApproximate)
    #expect(Set(two.since(one).byCPU.keys) == [0])
  }

  @Test("A missing file is the kernel's refusal, with its path")
  func missingFile() throws {
    let error = #expect(throws: MeteringError.self) {
      try MachineUsage.read(path: "/nonexistent/stat", ticksPerSecond: 100)
    }
    #expect(
      error
        == .system(
          SystemCallError(attempt: "read /nonexistent/stat", call: "read", errno: .noSuchFileOrDirectory)))
  }

  @Test("This machine's counters only grow by what the wall clock allows")
  func thisMachine() throws {
    let clock = ContinuousClock()
    let begin = clock.now
    let earlier = try MachineUsage.now()
    var sum: UInt64 = 0
    while clock.now - begin < .milliseconds(100) { sum &+= 1 }
    let difference = try MachineUsage.now().since(earlier)
    let spent = difference.all
    let total = spent.user + spent.system + spent.irq + spent.softirq + spent.steal + spent.idle
    let wall = (clock.now - begin) / .seconds(1)
    #expect(sum > 0)
    #expect(spent.user + spent.system > 0.02)
    #expect(total <= (wall + 0.1) * Double(difference.cpus) + 0.1)
  }
}

extension String {
  fileprivate func replacing(line index: Int, with line: String) -> String {
    var lines = split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines[index] = line
    return lines.joined(separator: "\n")
  }
}
