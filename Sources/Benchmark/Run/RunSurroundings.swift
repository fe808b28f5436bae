import Linux
import Metering
import NetworkInterface
import Report

/// What was measured around a run: CPUs and the interface, over the seconds that count.
struct RunSurroundings {
  private var processor = ProcessorMeter()
  private var interface: InterfaceMeter?
  private var clocks = ProcessorClocks(byCPU: [:])
  private var clocksAtEnd: ProcessorClocks?

  /// What was measured when the run ended.
  struct Reading {
    var processor: ProcessorMeter.Reading
    fileprivate var activity: InterfaceActivity?
    fileprivate var clocks: ProcessorClocks
  }

  /// Begins now, with CPUs alone.
  init() {}

  /// Begins now.
  ///
  /// - Parameters:
  ///   - interface: as given with -i; nil takes the one by which packets to `peer` leave.
  ///   - peer: a numeric address.
  init(interface: String?, peer: String?) {
    self.interface = InterfaceMeter(named: interface, peer: peer)
    clocks = .read()
    processor = ProcessorMeter()
  }

  /// Begins anew: what was until now does not count.
  mutating func restart() {
    interface?.restart()
    clocks = .read()
    processor = ProcessorMeter()
  }

  /// The last moment at which the run's CPUs are known to be at work: a CPU's frequency has to be read while it is.
  mutating func noteLastWork() {
    clocksAtEnd = .read()
  }

  /// CPU time until now.
  var use: ProcessorUse { processor.read().use }

  /// What was used and counted until now.
  func read() -> Reading {
    let clocks = clocksAtEnd ?? .read()
    let time = processor.read()
    return Reading(processor: time, activity: interface?.read(), clocks: clocks)
  }

  /// Adds what was measured to a report that has its own figures already.
  ///
  /// - Parameters:
  ///   - reading: taken when the run ended.
  ///   - queues: zero-copy queues of the run.
  func add(_ reading: Reading, arrivals: [StreamArrival], queues: [Int], to report: inout RunReport) {
    report.processor = reading.processor.use
    let (services, queueOfStream) = interface?.services(of: queues, and: arrivals) ?? ([], [:])
    if let interface, let activity = reading.activity {
      report.environment.interface = interface.describe()
      report.network = NetworkReport(interface.name, activity, services)
    }
    let roles = CPURoles(
      workers: report.workers, services: services, arrivals: arrivals, queueOfStream: queueOfStream)
    let topology = NumaTopology.read()
    report.cpus = roles.reports(times: reading.processor.byCPU, node: topology.node)
    for index in report.cpus.indices {
      let cpu = report.cpus[index].cpu
      report.cpus[index].clock = CPUClockReport(from: clocks.byCPU[cpu], to: reading.clocks.byCPU[cpu])
    }
    report.load = LoadEvidence(of: report)
    report.load?.boot = try? BootIdentifier.read()
    report.judgeDisturbances()
  }
}

extension CPUClockReport {
  /// Nil where neither reading tells anything.
  init?(from begin: ProcessorClocks.Clock?, to end: ProcessorClocks.Clock?) {
    guard begin != nil || end != nil else { return nil }
    self.init()
    kilohertzAtBegin = begin?.kilohertz
    kilohertzAtEnd = end?.kilohertz
    governorAtBegin = begin?.governor
    governorAtEnd = end?.governor
    // A CPU that went and came back counts anew.
    if let before = begin?.throttles, let after = end?.throttles, after >= before { throttles = after - before }
  }
}
