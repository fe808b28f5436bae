import NetworkInterface
import Report

extension NetworkReport {
  /// - Parameters:
  ///   - activity: what was counted during the run.
  ///   - services: the queues of the run; all others are summed up.
  init(_ interface: String, _ activity: InterfaceActivity, _ services: [QueueService]) {
    self.init(interface: interface)
    let statistics = activity.queues.value ?? []
    let received = statistics.filter { $0.direction == .receive }
    let ours = Set(services.map(\.queue))
    queues = services.map { service in
      var report = NetworkQueueReport(queue: service.queue)
      report.napi = service.napi
      report.interrupt = service.interrupt
      report.thread = service.thread
      report.cpus = service.cpus
      report.counters = received.first { $0.queue == service.queue }.map { QueueCountersReport($0) }
      return report
    }
    otherQueues = QueueCountersReport(summing: received.filter { !ours.contains($0.queue) })
    transmit = QueueCountersReport(summing: statistics.filter { $0.direction == .transmit })
    let counted = activity.poolStatistics.value ?? []
    pagePools = (activity.pools.value ?? []).compactMap { pool in
      // A pool that no NAPI uses any more is one of before, or is about to go.
      guard let service = services.first(where: { $0.napi != nil && $0.napi == pool.napi }) else { return nil }
      var report = PagePoolReport(id: pool.id, isZeroCopy: pool.isRingProvided)
      report.queue = service.queue
      report.inFlight = pool.inFlight
      report.inFlightBytes = pool.inFlightBytes
      report.counters = counted.first { $0.pool == pool.id }.map(PagePoolCountersReport.init)
      return report
    }
    link = activity.link.value.map(LinkCountersReport.init)
    absent = [
      activity.link.absence.map { "the interface's counters: \($0)" },
      activity.queues.absence.map { "counters by queue: \($0)" },
      activity.pools.absence.map { "page pools: \($0)" },
      activity.poolStatistics.absence.map { "counters of page pools: \($0)" },
      activity.wasReset
        ? "the driver made its queues anew during the run: what began to count anew is left out" : nil,
    ].compactMap { $0 }
  }
}

extension QueueCountersReport {
  /// All queues together; nil where there are none.
  init?(summing queues: [QueueStatistics]) {
    guard let first = queues.first else { return nil }
    self.init(
      queues.dropFirst().reduce(into: first) { sum, queue in
        sum.counters.merge(queue.counters) { $0 &+ $1 }
      })
  }

  init(_ statistics: QueueStatistics) {
    self.init()
    func count(_ received: QueueCounter, _ sent: QueueCounter?) -> UInt64? {
      let counter = statistics.direction == .receive ? received : sent
      return counter.flatMap { statistics.counters[$0] }
    }
    packets = count(.receivedPackets, .sentPackets)
    bytes = count(.receivedBytes, .sentBytes)
    allocationFailures = count(.receiveAllocationFailures, nil)
    drops = count(.receiveHardwareDrops, .sendHardwareDrops)
    overruns = count(.receiveHardwareOverruns, nil)
    joinedPackets = count(.receiveHardwareGROPackets, .sendHardwareGSOPackets)
    joinedBytes = count(.receiveHardwareGROBytes, .sendHardwareGSOBytes)
    joinedWirePackets = count(.receiveHardwareGROWirePackets, .sendHardwareGSOWirePackets)
    joinedWireBytes = count(.receiveHardwareGROWireBytes, .sendHardwareGSOWireBytes)
    stops = statistics.direction == .transmit ? statistics.counters[.sendStops] : nil
  }
}

extension PagePoolCountersReport {
  init(_ statistics: PagePoolStatistics) {
    self.init()
    fastAllocations = statistics.fastAllocations
    slowAllocations = statistics.slowAllocations
    emptyRing = statistics.emptyRing
    recycledToCache = statistics.recycledToCache
    recycledToRing = statistics.recycledToRing
    ringFull = statistics.ringFull
    releasedInUse = statistics.releasedInUse
  }
}

extension LinkCountersReport {
  init(_ statistics: LinkStatistics) {
    self.init()
    receivedPackets = statistics.receivedPackets
    receivedBytes = statistics.receivedBytes
    sentPackets = statistics.sentPackets
    sentBytes = statistics.sentBytes
    receiveErrors = statistics.receiveErrors
    sendErrors = statistics.sendErrors
    receiveDrops = statistics.receiveDrops
    sendDrops = statistics.sendDrops
    receiveMisses = statistics.receiveMisses
  }
}
