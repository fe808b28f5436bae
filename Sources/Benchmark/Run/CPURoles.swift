import NetworkInterface
import Report

/// Which CPUs a run used and what for: those its workers ran on, and those that processed its packets.
///
/// A queue whose interrupt goes to one CPU alone is processed there. Where that is not known (software interfaces,
/// interrupts that may go anywhere, NAPI in a thread), the streams' sockets tell which CPU received their last packet.
struct CPURoles {
  var workers: [WorkerReport]
  var services: [QueueService]
  var arrivals: [StreamArrival]
  /// The receive queue of each stream, by its id, where it is known.
  var queueOfStream: [Int: Int]

  /// One report for each CPU with a role, lowest number first.
  func reports(times: [Int: CPUTimeReport], node: (Int) -> Int?) -> [CPUReport] {
    var reports: [Int: CPUReport] = [:]
    for worker in workers {
      guard let cpu = worker.cpu ?? worker.lastCPU else { continue }
      reports[cpu, default: CPUReport(cpu: cpu)].workers.append(worker.index)
    }
    for (cpu, sources) in softirq {
      reports[cpu, default: CPUReport(cpu: cpu)].softirq = sources
    }
    return reports.values.sorted { $0.cpu < $1.cpu }.map { report in
      var report = report
      report.numaNode = node(report.cpu)
      report.time = times[report.cpu]
      return report
    }
  }

  /// CPUs that process packets, and what says so.
  var softirq: [Int: [SoftirqSource]] {
    var sources: [Int: [SoftirqSource]] = [:]
    var told: Set<Int> = []
    for service in services where service.thread == nil && service.cpus.count == 1 {
      var source = SoftirqSource(.interrupt)
      source.queue = service.queue
      source.interrupt = service.interrupt.map(Int.init)
      sources[service.cpus[0], default: []].append(source)
      told.insert(service.queue)
    }
    let others = arrivals.filter { arrival in
      queueOfStream[arrival.stream].map { !told.contains($0) } ?? true
    }
    for (cpu, arrivals) in Dictionary(grouping: others, by: \.cpu) {
      guard let cpu else { continue }
      var source = SoftirqSource(.incomingCPU)
      source.streams = arrivals.map(\.stream).sorted()
      sources[cpu, default: []].append(source)
    }
    return sources
  }
}
