import BoundedJSON
import Testing

@testable import Report

@Suite("Metrics")
struct MetricTests {
  @Test("Names are unique, and every example of a unit reads as that unit")
  func table() {
    #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
    for metric in Metric.all {
      if let names = metric.names {
        #expect(names.contains(metric.unit.example))
      } else {
        #expect(metric.unit.parse(metric.unit.example) != nil)
      }
      #expect(!metric.meaning.isEmpty && !metric.source.isEmpty)
      #expect(Metric.named(metric.name)?.name == metric.name)
    }
  }

  @Test("Figures of a run are those of its report")
  func figures() {
    let json = ExampleRuns.partialRaw().json()
    func value(_ metric: Metric) -> Double? { metric.reading(ofReport: json).value }
    let gibibytes = Double(ExampleRuns.totalBytes) / 1_073_741_824
    #expect(value(.throughput) == Double(ExampleRuns.totalBytes) * 8 / ExampleRuns.seconds)
    #expect(value(.zeroCopyProven) == 996_621_880.0 / 998_621_880)
    #expect(value(.zeroCopyPossible) == 996_683_008.0 / 998_621_880)
    #expect(value(.copiedProven) == 1_938_872.0 / 998_621_880)
    #expect(value(.copiedPossible) == 2_000_000.0 / 998_621_880)
    #expect(value(.kernelCopied) == 1_938_872.0 / 998_621_880)
    #expect(value(.cpu) == (0.0123 + 0.4295) / gibibytes)
    #expect(value(.allocationFailures) == 2)
    #expect(value(.completionSize) == 4096)
    #expect(value(.meanRoundTrip) == 65e-6)
    #expect(value(.bytes) == Double(ExampleRuns.totalBytes))
    #expect(value(.lostBytes) == 0)
    #expect(value(.disturbances) == nil)
    let quiet = ExampleDisturbances.quiet().json()
    #expect(Metric.disturbances.reading(ofReport: quiet) == .value(0))
    let client = ExampleRuns.client().json()
    #expect(Metric.disturbances.reading(ofReport: client) == .value(2))
    #expect(Metric.retransmits.reading(ofReport: client).value == 8)
    let server = ExampleRuns.server().json()
    #expect(Metric.cpuSoftirq.reading(ofReport: server).value == 0.25 / gibibytes)
    #expect(Metric.cpuMachine.reading(ofReport: server).value == (0.1 + 0.6 + 0.01 + 0.25) / gibibytes)
  }

  @Test("What is not known is not available, with a reason, and never 0")
  func unavailable() {
    for metric in Metric.all where metric.name != "lost-bytes" {
      let reading = metric.reading(ofReport: .object([:]))
      guard case .unavailable(let reason) = reading else {
        Issue.record("\(metric.name) of nothing is \(reading)")
        continue
      }
      #expect(!reason.isEmpty)
    }
    #expect(
      Metric.retransmits.reading(ofReport: ExampleRuns.server().json())
        == .unavailable("the sender counts them, and this is the receiver's report"))
    #expect(
      Metric.throughput.reading(ofReport: ExampleRuns.failed().json())
        == .unavailable("the receiver's account never arrived"))
    var unknown = ExampleRuns.partialRaw()
    unknown.copyAccount?.zeroCopied = nil
    #expect(
      Metric.zeroCopyProven.reading(ofReport: unknown.json())
        == .unavailable("the kernel's copy counter leaves out linear parts"))
    #expect(Metric.dram.reading(ofReport: ExampleRuns.server().json()).value == nil)
    #expect(Metric.zeroCopyProven.reading(ofIperf: .object([:])) == .unavailable("iperf3 does not tell it"))
  }

  @Test(
    "Quantities are read in their unit and in no other",
    arguments: [
      ("90Gbps", MetricUnit.bitsPerSecond, 90e9), ("1.5Mb/s", .bitsPerSecond, 1.5e6),
      ("900kbit/s", .bitsPerSecond, 9e5),
      ("7bps", .bitsPerSecond, 7), ("50%", .share, 0.5), ("0.5%", .share, 0.005),
      ("0.05s/GiB", .secondsPerGibibyte, 0.05),
      ("12", .count, 12), ("64K", .bytes, 65_536), ("1MiB", .bytes, 1_048_576), ("10B", .bytes, 10),
      ("2s", .seconds, 2),
      ("50ms", .seconds, 0.05), ("2.1", .ratio, 2.1),
    ])
  func quantities(text: String, unit: MetricUnit, value: Double) throws {
    let read = try #require(unit.parse(text))
    #expect(abs(read - value) <= value * 1e-12)
  }

  @Test(
    "Anything else is no quantity",
    arguments: [
      ("", MetricUnit.count), ("-1", .count), ("1e9", .count), ("1.2.3", .count), ("0x10", .count), ("nan", .ratio),
      ("90", .bitsPerSecond), ("90Gb", .bitsPerSecond), ("90gbps", .bitsPerSecond), ("Gbps", .bitsPerSecond),
      ("50", .share), ("50 %", .share), ("0.05", .secondsPerGibibyte), ("0.05s/GB", .secondsPerGibibyte),
      ("5", .seconds),
      ("64KK", .bytes), ("64iB", .bytes), (".", .count), ("٣", .count),
    ])
  func refused(text: String, unit: MetricUnit) {
    #expect(unit.parse(text) == nil)
  }

  @Test("A share is 0.0 or 100.0 only where it is that")
  func shares() {
    #expect(MetricUnit.share.text(0) == "0.0 %")
    #expect(MetricUnit.share.text(1) == "100.0 %")
    #expect(MetricUnit.share.text(0.99999) == "99.9 %")
    #expect(MetricUnit.share.text(0.00001) == "0.1 %")
    #expect(MetricUnit.secondsPerGibibyte.text(0.05) == "0.050 s/GiB")
    #expect(MetricUnit.seconds.text(65e-6) == "65 us")
  }

  @Test("No account of CPU time that cannot be right meets a requirement, whatever it asks")
  func brokenAccounts() throws {
    var report = ExampleRuns.server()
    report.processor.machine = nil
    report.processor.machineUnknown = "cannot make sense of /proc/stat: its time of all CPUs stood still"
    for relation in ["<=100s/GiB", ">=0s/GiB", "!=1s/GiB"] {
      for metric in ["cpu.machine", "cpu.softirq"] {
        let result = try Requirement(metric + relation).result(for: report.json())
        #expect(!result.isMet && result.found.contains("its time of all CPUs stood still"))
      }
    }
    report.processor.user = 0
    report.processor.system = 0
    #expect(try !Requirement("cpu<=100s/GiB").result(for: report.json()).isMet)
    report = ExampleRuns.server()
    #expect(try Requirement("cpu.machine<=100s/GiB").result(for: report.json()).isMet)
    report.processor.machine = MachineUse(cpus: 2, user: 0, system: 0, irq: 0, softirq: 0, steal: 0, idle: 2)
    #expect(try !Requirement("cpu.machine<=100s/GiB").result(for: report.json()).isMet)
  }

  @Test("A requirement is held against the report, and says what it found")
  func requirements() throws {
    let report = ExampleRuns.partialRaw().json()
    let expected: [(String, String)] = [
      ("throughput>=7Gbps", "met: throughput>=7Gbps (7.79 Gb/s)"),
      ("throughput >= 90Gbps", "NOT MET: throughput >= 90Gbps (7.79 Gb/s)"),
      ("zero-copy.proven>=99%", "met: zero-copy.proven>=99% (99.8 %)"),
      ("kernel-copied<=0.1%", "NOT MET: kernel-copied<=0.1% (0.2 %)"),
      ("allocation-failures==2", "met: allocation-failures==2 (2)"),
      ("allocation-failures!=2", "NOT MET: allocation-failures!=2 (2)"),
      ("cpu<0.05s/GiB", "NOT MET: cpu<0.05s/GiB (0.475 s/GiB)"),
      (
        "retransmits==0",
        "NOT MET: retransmits==0 (not available: the sender counts them, and this is the receiver's report)"
      ),
    ]
    for (text, sentence) in expected {
      let result = try Requirement(text).result(for: report)
      #expect(result.sentence == sentence)
      #expect(result.isMet == sentence.hasPrefix("met"))
    }
  }

  @Test(
    "A gate on the mode is met by that mode alone",
    arguments: [
      ("zc", "mode==zc", "met: mode==zc (zc)"), ("epoll", "mode==zc", "NOT MET: mode==zc (epoll)"),
      ("zc-copy", "mode == zc", "NOT MET: mode == zc (zc-copy)"), ("epoll", "mode!=zc", "met: mode!=zc (epoll)"),
      ("zc", "mode!=zc", "NOT MET: mode!=zc (zc)"), ("later", "mode!=zc", "met: mode!=zc (later)"),
      (nil, "mode==zc", "NOT MET: mode==zc (not available: the receiver did not report its mode)"),
      (nil, "mode!=zc", "NOT MET: mode!=zc (not available: the receiver did not report its mode)"),
    ] as [(String?, String, String)])
  func modes(mode: String?, gate: String, sentence: String) throws {
    var run = ExampleRuns.partialRaw()
    run.settings.mode = mode
    let result = try Requirement(gate).result(for: run.json())
    #expect(result.sentence == sentence)
    #expect(result.isMet == sentence.hasPrefix("met"))
    #expect(JudgedRun(run, requirements: []).figures.contains { $0.metric.name == "mode" } == (mode != nil))
  }

  @Test(
    "A requirement that cannot be understood says what is wrong, and what there is",
    arguments: [
      ("throughput", "has no relation"), ("speed>=1", "is no metric: there are throughput, zero-copy.proven"),
      ("throughput>=fast", "is no quantity of throughput: write it as in 90Gbps"), ("throughput>=", "is no quantity"),
      ("throughput=>1Gbps", "has no relation"), (">=1", "is no metric"), ("", "has no relation"),
      ("zero-copy>=50%", "is no metric"), ("cpu<=-1s/GiB", "is no quantity"),
      ("mode>=zc", "puts names in an order: mode takes == and !="), ("mode<zc", "mode takes == and !="),
      ("mode==zcopy", "is no mode: there are zc, zc-copy, epoll"), ("mode==", "is no mode"),
      ("mode", "has no relation"),
    ])
  func misunderstood(text: String, problem: String) {
    let error = #expect(throws: ExpressionError.self) { try Requirement(text) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
  }
}
