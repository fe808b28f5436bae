import Linux
import Metering
import NetworkInterface
import Report

/// What was measured around a run: CPUs and the interface, over the seconds that count.
struct RunSurroundings {
  private var processor = ProcessorMeter()
  private var interface: InterfaceMeter?

  /// What was measured when the run ended.
  struct Reading {
    var processor: ProcessorMeter.Reading
    fileprivate var activity: InterfaceActivity?
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
    processor = ProcessorMeter()
  }

  /// Begins anew: what was until now does not count.
  mutating func restart() {
    interface?.restart()
    processor = ProcessorMeter()
  }

  /// CPU time until now.
  var use: ProcessorUse { processor.read().use }

  /// What was used and counted until now.
  func read() -> Reading {
    let time = processor.read()
    return Reading(processor: time, activity: interface?.read())
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
    report.load = LoadEvidence(of: report)
    report.load?.boot = try? BootIdentifier.read()
  }
}
