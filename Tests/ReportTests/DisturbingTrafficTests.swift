import Testing

@testable import Report

@Suite("Others' traffic beside a run")
struct DisturbingTrafficTests {
  private func traffic(_ report: RunReport) -> [String] {
    DisturbanceReport(of: report).seen.filter { $0.kind == .traffic }.map(\.sentence)
  }

  private func isUnknown(_ report: RunReport) -> Bool {
    DisturbanceReport(of: report).unknown.contains { $0.kind == .traffic }
  }

  /// Payload, and for each of 7 000 000 segments 22 + 20 + 32 bytes of headers.
  private static let own: UInt64 = 10_000_000_000 + 7_000_000 * 74

  @Test("Bytes that came in beside the run's own count above 5 % of them")
  func received() {
    var report = ExampleDisturbances.quiet()
    let limit = Self.own / 20
    report.network?.link?.receivedBytes = Self.own + limit
    #expect(traffic(report).isEmpty)
    report.network?.link?.receivedBytes = Self.own + limit + 1
    #expect(
      traffic(report) == ["\(limit + 1) bytes of others came in on eth1, 5.0 % of the run's own (limit 5 %)"])
  }

  @Test("So do bytes that went out, beside the acknowledgements")
  func sent() {
    var report = ExampleDisturbances.quiet()
    let acknowledgements: UInt64 = 200_000 * (42 + 60)
    report.network?.link?.sentBytes = acknowledgements + Self.own / 20
    #expect(traffic(report).isEmpty)
    report.network?.link?.sentBytes = acknowledgements + Self.own / 20 + 1
    #expect(traffic(report).count == 1 && traffic(report)[0].contains("went out on eth1"))
  }

  @Test("A sender's own bytes go out, and its retransmissions with them")
  func sender() {
    var report = ExampleDisturbances.quiet(.client)
    report.network?.link?.sentBytes = Self.own + Self.own / 20 + 2_000_000
    #expect(traffic(report).count == 1)
    report.streams[0].tcp?.retransmits = 3000
    #expect(traffic(report).isEmpty)
    // With seconds omitted and no intervals it is not known which of them count: all may.
    report.settings.omit = 1
    report.intervals = []
    report.network?.link?.sentBytes = (Self.own + 3000 * (1448 + 74)) / 10 * 11 + Self.own / 20
    #expect(traffic(report).isEmpty)
    report.settings.omit = 0
    report.network?.link?.sentBytes = Self.own
    report.network?.link?.receivedBytes = 2_000_000_000
    #expect(traffic(report).count == 1 && traffic(report)[0].contains("came in on eth1"))
  }

  @Test("Small packets count by their number", arguments: [(350_000, false), (350_001, true)])
  func packets(others: UInt64, counts: Bool) {
    var report = ExampleDisturbances.quiet()
    report.network?.link?.receivedPackets = 7_000_000 + others
    let sentence = "\(others) packets of others came in on eth1, 5.0 % of the run's own (limit 5 %)"
    #expect(traffic(report) == (counts ? [sentence] : []))
  }

  @Test("Less than 1 MiB and 10 000 packets are nothing, however little the run moved")
  func little() {
    var report = ExampleDisturbances.quiet()
    report.received?.bytes = 1000
    report.streams[0].received?.bytes = 1000
    report.streams[0].tcp?.segmentsIn = 5
    report.streams[0].tcp?.segmentsOut = 5
    report.network?.link?.sentBytes = 900
    report.network?.link?.sentPackets = 5
    report.network?.link?.receivedPackets = 10_005
    report.network?.link?.receivedBytes = 1000 + 5 * 74 + 1_048_576
    #expect(traffic(report).isEmpty)
    report.network?.link?.receivedBytes += 1
    #expect(traffic(report).count == 1)
    report.network?.link?.receivedBytes = 0
    report.network?.link?.receivedPackets += 1
    #expect(traffic(report).count == 1)
  }

  @Test("What came in on the run's own queues is said of them")
  func queues() {
    var report = ExampleDisturbances.quiet()
    var queue = NetworkQueueReport(queue: 20)
    queue.counters = QueueCountersReport()
    queue.counters?.packets = 7_000_000
    queue.counters?.bytes = Self.own + 1_000_000_000
    report.network?.queues = [queue]
    report.network?.link?.receivedBytes = Self.own + 2_000_000_000
    #expect(
      traffic(report) == [
        "1000000000 bytes of others came in on the run's queue of eth1, 9.5 % of the run's own (limit 5 %)"
      ])
    // Others' traffic on other queues is said of the interface.
    report.network?.queues[0].counters?.bytes = Self.own
    #expect(traffic(report)[0].hasPrefix("2000000000 bytes of others came in on eth1"))
  }

  @Test("On loopback everything is counted twice, and both directions together are the run's own")
  func loopback() {
    var report = ExampleDisturbances.quiet()
    report.streams[0].remote.host = report.streams[0].local.host
    let own = Self.own + 200_000 * 102
    report.network?.link?.receivedBytes = own + Self.own / 20
    report.network?.link?.sentBytes = own + Self.own / 20
    report.network?.link?.sentPackets = 7_200_000
    report.network?.link?.receivedPackets = 7_200_000
    #expect(traffic(report).isEmpty)
    report.network?.link?.receivedBytes += 1
    report.network?.link?.sentBytes += 1
    #expect(traffic(report).count == 1 && traffic(report)[0].contains("crossed eth1"))
  }

  @Test("With seconds omitted, a second of them may stand in counters that are behind")
  func omitted() {
    var report = ExampleDisturbances.quiet()
    report.network?.link?.receivedBytes = Self.own + Self.own / 10
    #expect(traffic(report).count == 1)
    report.settings.omit = 1
    #expect(traffic(report).isEmpty)
    report.network?.link?.receivedBytes = Self.own + Self.own / 5
    #expect(traffic(report).count == 1)
  }

  @Test("Segments of omitted seconds are not the run's")
  func omittedSegments() {
    var report = ExampleDisturbances.quiet()
    report.settings.omit = 10
    report.streams[0].omittedBytes = 10_000_000_000
    report.streams[0].tcp?.segmentsIn = 20_000_000
    // Half of 20 000 000 and a tenth for counters that are behind.
    report.network?.link?.receivedPackets = 11_000_000 + 550_000
    report.network?.link?.receivedBytes = 0
    #expect(traffic(report).isEmpty)
    report.network?.link?.receivedPackets += 1
    #expect(traffic(report).count == 1)
  }

  @Test("A counter of segments that began anew says nothing: full segments are reckoned")
  func wrapped() {
    var report = ExampleDisturbances.quiet()
    let bytes: UInt64 = 8_000_000_000_000
    report.received?.bytes = bytes
    report.streams[0].received?.bytes = bytes
    report.streams[0].tcp?.segmentsIn = 1000
    report.streams[0].tcp?.segmentsOut = 1000
    report.network?.link?.receivedPackets = bytes / 1448
    report.network?.link?.receivedBytes = bytes + bytes / 1448 * 66
    report.network?.link?.sentPackets = bytes / 1448 / 2
    report.network?.link?.sentBytes = bytes / 1448 / 2 * 66
    #expect(traffic(report).isEmpty)
  }

  @Test("Without the interface's or the connections' counters nothing is known")
  func unknown() {
    var report = ExampleDisturbances.quiet()
    report.network?.link?.receivedBytes = 99_000_000_000
    report.streams[0].tcp?.segmentsIn = nil
    #expect(traffic(report).isEmpty && isUnknown(report))
    report.streams[0].tcp = nil
    #expect(traffic(report).isEmpty && isUnknown(report))
    report = ExampleDisturbances.quiet()
    report.network?.link = nil
    #expect(traffic(report).isEmpty && isUnknown(report))
    report = ExampleDisturbances.quiet()
    report.streams = []
    #expect(isUnknown(report))
  }
}
