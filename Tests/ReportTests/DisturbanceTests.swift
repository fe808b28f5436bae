import Testing

@testable import Report

@Suite("What disturbed a run")
struct DisturbanceTests {
  private func seen(_ report: RunReport) -> [Disturbance] { DisturbanceReport(of: report).seen }
  private func unknown(_ report: RunReport, _ kind: Disturbance.Kind) -> String? {
    DisturbanceReport(of: report).unknown.first { $0.kind == kind }?.reason
  }

  @Test("Nothing is seen in evidence of nothing, on either side", arguments: RunReport.Role.allCases)
  func quiet(role: RunReport.Role) {
    let report = ExampleDisturbances.quiet(role)
    #expect(report.disturbances?.seen == [])
    #expect(report.disturbances?.summary == nil)
    // Without omitted seconds the first reading of a frequency may be an idle CPU's.
    #expect(report.disturbances?.unknown.map(\.kind) == [.frequency])
  }

  @Test("A report without evidence says nothing of any kind, and claims nothing")
  func nothingKnown() {
    var report = ExampleDisturbances.quiet()
    report.cpus = []
    report.network = nil
    report.load = nil
    report.samplerLateness = nil
    let judged = DisturbanceReport(of: report)
    #expect(judged.seen.isEmpty && judged.unknown.map(\.kind) == Disturbance.Kind.allCases)
  }

  // MARK: Stolen time

  @Test("Stolen time counts above 2 % of one CPU's time", arguments: [(0.2, false), (0.21, true)])
  func steal(seconds: Double, counts: Bool) {
    var report = ExampleDisturbances.quiet()
    report.cpus[0].time = ExampleDisturbances.time(user: 0, system: 0.2, softirq: 6, steal: seconds)
    let sentence = "the hypervisor took 2.1 % of CPU 0's time (limit 2 %)"
    #expect(seen(report) == (counts ? [Disturbance(.steal, side: .server, cpu: 0, sentence)] : []))
  }

  // MARK: Frequency and heat

  @Test(
    "A frequency counts as changed beyond 5 %, either way",
    arguments: [(2_850_000, nil), (2_849_000, "5.0 % less"), (3_150_000, nil), (3_151_000, "5.0 % more")]
      as [(UInt32, String?)])
  func frequency(atEnd: UInt32, words: String?) {
    var report = ExampleDisturbances.quiet()
    report.settings.omit = 1
    report.cpus[1].clock = ExampleDisturbances.clock(3_000_000, atEnd)
    #expect(seen(report).map(\.kind) == (words == nil ? [] : [.frequency]))
    if let words { #expect(seen(report)[0].sentence.contains("CPU 1 went from 3000 to \(atEnd / 1000) MHz, \(words)")) }
    // Not while the CPU may have been idle at the begin, nor where it mostly was.
    report.settings.omit = 0
    #expect(seen(report).isEmpty && unknown(report, .frequency)?.contains("idle") == true)
    report.settings.omit = 1
    report.cpus[1].time = ExampleDisturbances.time(user: 0.1, system: 4.8, softirq: 0)
    #expect(seen(report).isEmpty)
    report.cpus[1].time = ExampleDisturbances.time(user: 0.2, system: 4.8, softirq: 0)
    #expect(seen(report).isEmpty == (words == nil))
  }

  @Test("A governor that was changed counts, also without omitted seconds and without a frequency")
  func governor() {
    var report = ExampleDisturbances.quiet()
    report.cpus[0].clock = ExampleDisturbances.clock(nil, nil)
    report.cpus[1].clock?.governorAtEnd = "powersave"
    #expect(
      seen(report) == [
        Disturbance(
          .frequency, side: .server, cpu: 1, "CPU 1's governor was changed from performance to powersave")
      ])
    report.cpus[1].clock?.governorAtEnd = nil
    #expect(seen(report).isEmpty)
  }

  @Test("Where the kernel tells of no frequency and no heat, nothing is known of them")
  func withoutClocks() {
    var report = ExampleDisturbances.quiet()
    for index in report.cpus.indices { report.cpus[index].clock = nil }
    #expect(unknown(report, .frequency) == "the kernel does not tell the frequency of the run's CPUs (no cpufreq)")
    #expect(unknown(report, .throttle) == "the kernel does not count what heat did to the run's CPUs")
    #expect(seen(report).isEmpty)
  }

  @Test("A CPU that got too hot once counts")
  func throttle() {
    var report = ExampleDisturbances.quiet()
    report.cpus[1].clock?.throttles = 1
    #expect(
      seen(report) == [
        Disturbance(
          .throttle, side: .server, cpu: 1, "CPU 1 or its package got too hot 1 time and was slowed down (limit 0)")
      ])
  }

  // MARK: Standing still

  @Test(
    "A sample that was late by more than half a second says that this side stood still",
    arguments: [(500_000, nil), (550_000, "0.6"), (3_400_000, "3.4")] as [(UInt64, String?)])
  func pause(microseconds: UInt64, seconds: String?) {
    for role in RunReport.Role.allCases {
      var report = ExampleDisturbances.quiet(role)
      report.samplerLateness = ExampleDisturbances.lateness(count: 9, maximum: microseconds)
      let words = seconds.map { "this side stood still for \($0) s or longer (limit 0.5 s)" }
      #expect(seen(report) == words.map { [Disturbance(.pause, side: role, $0)] } ?? [])
      #expect(unknown(report, .pause) == nil)
    }
  }

  @Test(
    "A quota that kept the process from running for more than 2 % of the run is a disturbance, whatever samples tell")
  func quota() {
    for (seconds, counts) in [(0.2, false), (0.21, true)] {
      var report = ExampleDisturbances.quiet()
      report.processor.wallSeconds = 10
      report.processor.throttling = CPUThrottlingReport(cgroup: "/box", periods: 21, seconds: seconds)
      let sentence =
        "the CPU quota of cgroup /box held this side back for 0.21 s in 21 periods (limit 2 % of the run's time)"
      #expect(seen(report) == (counts ? [Disturbance(.pause, side: .server, sentence)] : []))
      report.samplerLateness = nil
      #expect(seen(report).count == (counts ? 1 : 0))
      #expect((unknown(report, .pause) == nil) == counts)
    }
  }

  @Test("Why the CPUs' time is not known is said of everything that needs it")
  func implausibleTimes() {
    var report = ExampleDisturbances.quiet()
    for index in report.cpus.indices { report.cpus[index].time = nil }
    report.processor.machine = nil
    report.processor.machineUnknown = "cannot make sense of /proc/stat: CPU 1's time stood still"
    for kind in [Disturbance.Kind.steal, .load] {
      #expect(unknown(report, kind)?.contains("CPU 1's time stood still") == true)
    }
  }

  @Test("Where no sample was due, or seconds apart, a pause is not known; a late sample tells of it wherever it is")
  func pauseUnknown() {
    var report = ExampleDisturbances.quiet()
    report.samplerLateness = nil
    #expect(unknown(report, .pause)?.contains("no sample was due") == true && seen(report).isEmpty)
    // Over ten seconds: 2.5 and 2 seconds apart.
    report.samplerLateness = ExampleDisturbances.lateness(count: 3, maximum: 90)
    #expect(unknown(report, .pause)?.contains("seconds apart") == true && seen(report).isEmpty)
    report.samplerLateness = ExampleDisturbances.lateness(count: 4, maximum: 90)
    #expect(unknown(report, .pause) == nil && seen(report).isEmpty)
    report.samplerLateness = ExampleDisturbances.lateness(count: 1, maximum: 4_000_000)
    #expect(unknown(report, .pause) == nil && seen(report).map(\.kind) == [.pause])
  }

  // MARK: Sender

  @Test("A sender whose CPU is full counts from 95 % on", arguments: [(94.9, false), (95.0, true)])
  func sender(percent: Double, counts: Bool) {
    var report = ExampleDisturbances.quiet()
    report.peerLoad?.busiestWorker?.percent = percent
    report.peerLoad?.pacedPercent = nil
    #expect(seen(report).map(\.kind) == (counts ? [.sender] : []))
    if counts { #expect(seen(report)[0].sentence.hasSuffix("(full from 95 % on)")) }
  }

  @Test("A sender that was held to a rate and reached it disturbed nothing, however full its CPU")
  func pacedSender() {
    var report = ExampleDisturbances.quiet()
    report.peerLoad?.busiestWorker?.percent = 100
    report.peerLoad?.pacedPercent = 99
    #expect(seen(report).isEmpty)
    report.peerLoad?.pacedPercent = 80
    #expect(seen(report).map(\.kind) == [.sender])
  }

  @Test("A full receiver is what is measured, and no disturbance; of a stock peer nothing is known")
  func receiver() {
    var report = ExampleDisturbances.quiet()
    report.load?.busiestWorker?.percent = 100
    #expect(seen(report).isEmpty)
    report.peerLoad = nil
    report.load?.busiestWorker?.percent = 10
    #expect(unknown(report, .sender) != nil)
  }
}
