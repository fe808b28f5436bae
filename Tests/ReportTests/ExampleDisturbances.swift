import Report

/// Reports of runs that nothing disturbed, on which tests put one disturbance at a time; everything is constructed.
enum ExampleDisturbances {
  /// Ten seconds of one stream, 10 GB in full segments of 1448 bytes over IPv4, on two CPUs: one of a bound worker, one
  /// that processes packets.
  static func quiet(_ role: RunReport.Role = .server) -> RunReport {
    var report = ExampleRuns.server()
    report.role = role
    report.settings.omit = 0
    let transfer = Transfer(bytes: 10_000_000_000, start: 0, end: 10)
    (report.received, report.sent) = (transfer, transfer)
    report.streams = [report.streams[0]]
    report.streams[0].omittedBytes = 0
    (report.streams[0].received, report.streams[0].sent) = (transfer, transfer)
    let isReceiver = role == .server
    report.streams[0].tcp?.segmentsIn = isReceiver ? 7_000_000 : 200_000
    report.streams[0].tcp?.segmentsOut = isReceiver ? 200_000 : 7_000_000
    report.streams[0].tcp?.retransmits = 0
    report.network?.queues = []
    report.network?.link?.receivedPackets = isReceiver ? 7_000_100 : 200_100
    report.network?.link?.receivedBytes = isReceiver ? 10_460_000_000 : 13_300_000
    report.network?.link?.sentPackets = isReceiver ? 200_100 : 7_000_100
    report.network?.link?.sentBytes = isReceiver ? 13_300_000 : 10_460_000_000
    report.workers[0].cpu = 1
    (report.workers[0].user, report.workers[0].system, report.workers[0].elapsed) = (0.5, 4.5, 10)
    report.processor = ProcessorUse(wallSeconds: 10, user: 0.6, system: 4.6)
    report.cpus[0].time = time(user: 0.1, system: 0.2, softirq: 6)
    report.cpus[1].time = time(user: 0.7, system: 4.8, softirq: 0.1)
    for index in report.cpus.indices { report.cpus[index].clock = clock(3_000_000, 3_000_000) }
    report.load = ExampleRuns.receiverLoad
    report.load?.busiestCPU?.busyPercent = 63
    report.load?.bound = []
    report.peerLoad = ExampleRuns.senderLoad
    report.peerLoad?.busiestCPU?.busyPercent = 50
    report.peerLoad?.busiestWorker?.percent = 50
    report.peerLoad?.retransmits = 0
    report.samplerLateness = lateness(count: 9, maximum: 90)
    if role == .client { (report.load, report.peerLoad) = (report.peerLoad, report.load) }
    report.judgeDisturbances()
    return report
  }

  /// Ten seconds.
  static func time(user: Double, system: Double, softirq: Double, steal: Double = 0) -> CPUTimeReport {
    CPUTimeReport(
      user: user, system: system, irq: 0, softirq: softirq, steal: steal,
      idle: 10 - user - system - softirq - steal, ioWait: 0, guest: nil)
  }

  /// Microseconds.
  static func lateness(count: UInt64, maximum: UInt64) -> DistributionReport {
    DistributionReport(count: count, minimum: 11, median: 14, percentile99: maximum, maximum: maximum)
  }

  static func clock(_ begin: UInt32?, _ end: UInt32?) -> CPUClockReport {
    var clock = CPUClockReport()
    (clock.kilohertzAtBegin, clock.kilohertzAtEnd) = (begin, end)
    (clock.governorAtBegin, clock.governorAtEnd) = ("performance", "performance")
    clock.throttles = 0
    return clock
  }
}
