import NetworkInterface
import Report
import Testing

@testable import Benchmark

@Suite("What each CPU of a run did")
struct CPURolesTests {
  private func worker(_ index: Int, boundTo cpu: Int? = nil, lastOn last: Int? = nil) -> WorkerReport {
    var report = WorkerReport(
      index: index, cpu: cpu, streams: [], user: 0, system: 0, voluntarySwitches: 0, involuntarySwitches: 0, calls: 0)
    report.lastCPU = last
    return report
  }

  private func interrupt(_ number: Int, queue: Int) -> SoftirqSource {
    var source = SoftirqSource(.interrupt)
    source.queue = queue
    source.interrupt = number
    return source
  }

  private func incoming(_ streams: Int...) -> SoftirqSource {
    var source = SoftirqSource(.incomingCPU)
    source.streams = streams
    return source
  }

  @Test(
    "The CPU that ran the worker and the one that served its queue are named apart, each with its own time and node")
  func separated() {
    let roles = CPURoles(
      workers: [worker(0, boundTo: 3, lastOn: 3)],
      services: [QueueService(queue: 7, napi: 8200, interrupt: 55, cpus: [1])],
      arrivals: [StreamArrival(stream: 1, cpu: 1, napi: 8200)], queueOfStream: [1: 7])
    let time = CPUTimeReport(
      user: 1, system: 2, irq: 3, softirq: 4, steal: 5, idle: 6, ioWait: 1, guest: nil)
    let reports = roles.reports(times: [1: time]) { $0 / 2 }
    #expect(reports.map(\.cpu) == [1, 3])
    #expect(reports.map(\.workers) == [[], [0]])
    #expect(reports.map(\.softirq) == [[interrupt(55, queue: 7)], []])
    #expect(reports.map(\.numaNode) == [0, 1])
    #expect(reports.map(\.time) == [time, nil])
  }

  @Test("A stream whose queue's interrupt goes to one CPU needs no socket to tell; all others tell by theirs")
  func sources() {
    let roles = CPURoles(
      workers: [],
      services: [
        QueueService(queue: 1, interrupt: 51, cpus: [4]),
        // May go anywhere, polls in a thread, is not known.
        QueueService(queue: 2, interrupt: 52, cpus: [0, 1]),
        QueueService(queue: 3, interrupt: 53, thread: 999, cpus: [4]),
        QueueService(queue: 5),
      ],
      arrivals: [
        StreamArrival(stream: 1, cpu: 9), StreamArrival(stream: 3, cpu: 6), StreamArrival(stream: 4, cpu: 6),
        StreamArrival(stream: 5, cpu: 2), StreamArrival(stream: 6, cpu: nil), StreamArrival(stream: 7, cpu: 6),
      ],
      queueOfStream: [1: 1, 3: 2, 4: 3, 5: 5])
    #expect(roles.softirq == [4: [interrupt(51, queue: 1)], 6: [incoming(3, 4, 7)], 2: [incoming(5)]])
  }

  @Test("A worker that is not bound is where it was last seen, and nowhere where it was not")
  func unbound() {
    let roles = CPURoles(
      workers: [worker(0, lastOn: 2), worker(1), worker(2, boundTo: 2)], services: [], arrivals: [], queueOfStream: [:])
    #expect(roles.reports(times: [:]) { _ in nil }.map(\.workers) == [[0, 2]])
  }
}

@Suite("An interface's counters in a report")
struct NetworkReportTests {
  private func queue(
    _ number: Int, _ counters: [QueueCounter: UInt64], _ direction: QueueDirection = .receive
  ) -> QueueStatistics {
    QueueStatistics(queue: number, direction: direction, counters: counters)
  }

  @Test("The run's queues stand alone, all others and those that transmit are summed up")
  func queues() {
    let activity = InterfaceActivity(
      link: .notOffered("RTM_GETLINK"),
      queues: .known([
        queue(0, [.receivedPackets: 5, .receivedBytes: 500]), queue(1, [.receivedPackets: 1]),
        queue(
          2,
          [
            .receivedPackets: 100, .receivedBytes: 9000, .receiveAllocationFailures: 2, .receiveHardwareDrops: 3,
            .receiveHardwareOverruns: 1, .receiveHardwareGROPackets: 10, .receiveHardwareGROWirePackets: 90,
          ]),
        queue(0, [.sentPackets: 7, .sendStops: 1], .transmit), queue(1, [.sentPackets: 8], .transmit),
      ]), pools: .known([]), poolStatistics: .known([]))
    let report = NetworkReport("eth1", activity, [QueueService(queue: 2, napi: 9, interrupt: 40, cpus: [3])])
    #expect(report.queues.count == 1)
    let ours = report.queues[0]
    #expect(ours.napi == 9 && ours.interrupt == 40 && ours.cpus == [3])
    #expect(ours.counters?.packets == 100 && ours.counters?.bytes == 9000)
    #expect(ours.counters?.allocationFailures == 2 && ours.counters?.drops == 3 && ours.counters?.overruns == 1)
    #expect(ours.counters?.joinedPackets == 10 && ours.counters?.joinedWirePackets == 90)
    #expect(ours.counters?.joinedBytes == nil && ours.counters?.stops == nil)
    #expect(report.otherQueues?.packets == 6)
    #expect(report.otherQueues?.bytes == 500)
    #expect(report.transmit?.packets == 15)
    #expect(report.transmit?.stops == 1)
    #expect(report.link == nil)
    #expect(report.absent == ["the interface's counters: not offered by this kernel (RTM_GETLINK)"])
  }

  @Test("A queue that another CPU served than the one a worker was placed by is told")
  func movedInterrupt() {
    func placement(_ worker: Int, _ serving: Int?) -> WorkerPlacementReport {
      var report = WorkerPlacementReport(worker: worker, cpu: 0, reason: "")
      report.serving = serving.map { ServingCPUReport(cpu: $0, source: .interrupt) }
      return report
    }
    func cpu(_ number: Int, _ queue: Int) -> CPUReport {
      var (report, source) = (CPUReport(cpu: number), SoftirqSource(.interrupt))
      source.queue = queue
      report.softirq = [source]
      return report
    }
    let outcome = PlacementOutcome(
      placements: [placement(0, 2), placement(1, 3), placement(2, nil), placement(3, 1)], queues: [5, 6, 7],
      cpus: [cpu(1, 5), cpu(3, 6), cpu(0, 7)])
    #expect(outcome.notes == ["queue 5 was served by CPU 1 at the end, and worker 0 was placed by CPU 2"])
  }

  @Test("Only the page pools of the run's queues are told, and what is not counted is absent with its reason")
  func pagePools() {
    var ours = PagePoolState(id: 1, isRingProvided: true)
    ours.napi = 9
    ours.inFlight = 4
    var other = PagePoolState(id: 2)
    other.napi = 8
    let orphan = PagePoolState(id: 3)
    let activity = InterfaceActivity(
      link: .known(LinkStatistics()), queues: .known([]), pools: .known([ours, other, orphan]),
      poolStatistics: .notOffered("NETDEV_CMD_PAGE_POOL_STATS_GET"))
    let report = NetworkReport("eth1", activity, [QueueService(queue: 2, napi: 9), QueueService(queue: 5)])
    #expect(report.pagePools.map(\.id) == [1])
    #expect(report.pagePools.first?.queue == 2)
    #expect(report.pagePools.first?.counters == nil)
    #expect(report.queues.map(\.counters) == [nil, nil])
    #expect(report.otherQueues == nil && report.transmit == nil)
    #expect(
      report.absent == [
        "counters of page pools: not offered by this kernel (NETDEV_CMD_PAGE_POOL_STATS_GET)"
      ])
  }

  @Test("Queues that began to count anew are said")
  func reset() {
    var activity = InterfaceActivity(
      link: .known(LinkStatistics()), queues: .known([]), pools: .known([]), poolStatistics: .known([]))
    activity.wasReset = true
    #expect(NetworkReport("eth1", activity, []).absent.count == 1)
  }
}
