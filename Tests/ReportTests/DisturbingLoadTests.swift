import Testing

@testable import Report

@Suite("Others' load on the CPUs of a run")
struct DisturbingLoadTests {
  private func load(_ report: RunReport) -> [String] {
    DisturbanceReport(of: report).seen.filter { $0.kind == .load }.map(\.sentence)
  }

  private func reason(_ report: RunReport) -> String? {
    DisturbanceReport(of: report).unknown.first { $0.kind == .load }?.reason
  }

  /// The process used 5.2 s, its worker 5.0 of them on CPU 1.
  @Test("Others count above 10 % of a CPU's time", arguments: [(6.19, nil), (6.21, "10.1")] as [(Double, String?)])
  func bound(used: Double, percent: String?) {
    var report = ExampleDisturbances.quiet()
    report.cpus[1].time = ExampleDisturbances.time(user: 0, system: used, softirq: 0)
    #expect(load(report) == (percent.map { ["others used \($0) % of CPU 1's time (limit 10 %)"] } ?? []))
  }

  @Test("On a CPU that only processes packets, all but softirq and the unbound rest of the process is others'")
  func softirqAlone() {
    var report = ExampleDisturbances.quiet()
    // 0.2 s of the process are not the worker's and may have been anywhere.
    report.cpus[0].time = ExampleDisturbances.time(user: 1.19, system: 0, softirq: 8.8)
    #expect(load(report).isEmpty)
    report.cpus[0].time = ExampleDisturbances.time(user: 1.21, system: 0, softirq: 8.7)
    #expect(load(report) == ["others used 10.1 % of CPU 0's time (limit 10 %)"])
  }

  @Test("What a worker used in omitted seconds is not taken for what it used elsewhere")
  func omitted() {
    var report = ExampleDisturbances.quiet()
    report.settings.omit = 2
    report.cpus[0].time = ExampleDisturbances.time(user: 2, system: 0, softirq: 8)
    report.cpus[1].time = ExampleDisturbances.time(user: 0.5, system: 4.5, softirq: 0)
    // Of its 5 s the worker may have used 2 before: 2.2 s of the process may have been on CPU 0.
    #expect(load(report).isEmpty)
    report.settings.omit = 0
    #expect(load(report) == ["others used 18.0 % of CPU 0's time (limit 10 %)"])
  }

  @Test(
    "Workers that are bound to nothing are told from others together",
    arguments: [(7.19, nil), (7.25, "10.3")]
      as [(Double, String?)])
  func unbound(used: Double, percent: String?) {
    var report = ExampleDisturbances.quiet()
    report.workers[0].cpu = nil
    // 5.2 s of the process on two CPUs of 10 s each; on neither more than the process can have used there.
    report.cpus[0].time = ExampleDisturbances.time(user: used - 3.6, system: 0, softirq: 6)
    report.cpus[1].time = ExampleDisturbances.time(user: 3.6, system: 0, softirq: 0)
    #expect(
      load(report)
        == (percent.map { ["others used \($0) % of the time of the CPUs 0 1 together (limit 10 %)"] } ?? []))
  }

  @Test("On one machine the other side's work is the run's too, except where it is bound to another CPU")
  func oneMachine() {
    var report = ExampleDisturbances.quiet()
    report.cpus[1].time = ExampleDisturbances.time(user: 0, system: 9, softirq: 0)
    let found = ["others used 38.0 % of CPU 1's time (limit 10 %)"]
    #expect(load(report) == found)
    report.processor.peer = PeerUtilization(totalPercent: 40, userPercent: 0, systemPercent: 40)
    report.load?.boot = "this"
    report.peerLoad?.boot = "this"
    report.peerLoad?.bound = []
    #expect(load(report).isEmpty)
    report.peerLoad?.bound = [LoadEvidence.BoundWork(cpu: 0, seconds: 4)]
    #expect(load(report) == found)
    report.peerLoad?.bound = [LoadEvidence.BoundWork(cpu: 1, seconds: 4)]
    #expect(load(report).isEmpty)
    // Another machine's is none of this one's.
    report.peerLoad?.boot = "that"
    #expect(load(report) == found)
    // The other end of a veth pair is always here.
    report.environment.interface?.driver = "veth"
    #expect(load(report).isEmpty)
    report.processor.peer = nil
    #expect(load(report).isEmpty && reason(report)?.contains("the other side runs on this machine") == true)
  }

  @Test("Where packets are processed in threads, or a CPU's time is not known, nothing is known")
  func unknown() {
    var report = ExampleDisturbances.quiet()
    report.cpus[1].time = ExampleDisturbances.time(user: 0, system: 9, softirq: 0)
    var queue = NetworkQueueReport(queue: 3)
    queue.thread = 17
    report.network?.queues = [queue]
    #expect(load(report).isEmpty && reason(report)?.contains("threaded NAPI") == true)
    report.network?.queues = []
    for index in report.cpus.indices { report.cpus[index].time = nil }
    #expect(load(report).isEmpty && reason(report)?.contains("too short") == true)
  }
}
