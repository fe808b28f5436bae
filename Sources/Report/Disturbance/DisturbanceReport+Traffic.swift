/// What came and went through the run's interface, or its queues, beside the run's own packets.
extension DisturbanceReport {
  static func traffic(_ report: RunReport) -> Finding {
    guard let network = report.network, let link = network.link else {
      return .unknown("what the run's interface counted is not known")
    }
    guard let own = OwnTraffic(of: report) else {
      return .unknown("how many packets the run's connections exchanged is not known")
    }
    // Every packet of a loopback interface is counted as sent and as received.
    if report.isLoopback {
      let all = Volume(packets: Double(link.receivedPackets), bytes: Double(link.receivedBytes))
      let excess = own.excess(of: all, over: own.received + own.sent, "crossed \(network.interface)")
      return .judged([excess].compactMap(\.self).map { Sighting($0) })
    }
    let received = Volume(packets: Double(link.receivedPackets), bytes: Double(link.receivedBytes))
    let sent = Volume(packets: Double(link.sentPackets), bytes: Double(link.sentBytes))
    let onQueues = Self.volume(of: network.queues).flatMap { volume in
      own.excess(
        of: volume, over: own.received,
        "came in on the run's \(network.queues.count == 1 ? "queue" : "queues") of \(network.interface)")
    }
    return .judged(
      [
        onQueues ?? own.excess(of: received, over: own.received, "came in on \(network.interface)"),
        own.excess(of: sent, over: own.sent, "went out on \(network.interface)"),
      ].compactMap(\.self).map { Sighting($0) })
  }

  /// Nil where there is none, or one of them does not count.
  private static func volume(of queues: [NetworkQueueReport]) -> Volume? {
    guard !queues.isEmpty else { return nil }
    var sum = Volume(packets: 0, bytes: 0)
    for queue in queues {
      guard let packets = queue.counters?.packets, let bytes = queue.counters?.bytes else { return nil }
      sum = sum + Volume(packets: Double(packets), bytes: Double(bytes))
    }
    return sum
  }
}

extension RunReport {
  /// Both ends of its connections have one address.
  var isLoopback: Bool { streams.first.map { $0.local.host == $0.remote.host } ?? false }
}

/// Packets and their bytes, headers included.
private struct Volume {
  var packets: Double
  var bytes: Double

  static func + (_ first: Volume, _ second: Volume) -> Volume {
    Volume(packets: first.packets + second.packets, bytes: first.bytes + second.bytes)
  }
}

/// The most that the run's own connections can have put on the wire in the seconds that count. TCP counts segments as
/// they are on the wire; an interface counts no more packets than that, and fewer where it joins or splits them itself.
private struct OwnTraffic {
  let received: Volume
  let sent: Volume
  /// Of these, the direction of the payload.
  private let payload: Volume

  /// Nil where a connection does not tell.
  init?(of report: RunReport) {
    let isReceiver = report.role == .server
    guard let moved = isReceiver ? report.received : report.sent, !report.streams.isEmpty else { return nil }
    var (data, acknowledgements) = (0.0, 0.0)
    var largestSegment = 1.0
    for stream in report.streams {
      guard let tcp = stream.tcp, let segmentsIn = tcp.segmentsIn, let segmentsOut = tcp.segmentsOut,
        let bytes = (isReceiver ? stream.received : stream.sent)?.bytes
      else { return nil }
      // The kernel counts since the connection began.
      let counted = Double(bytes) / max(1, Double(bytes) + Double(stream.omittedBytes))
      let segment = Double(max(1, isReceiver ? tcp.receiveMss : tcp.sendMss))
      // A counter of 32 bits begins anew: of a stream with so many full segments it says nothing.
      let full = Double(bytes) / segment
      let mayHaveWrapped = full >= Double(UInt32.max) / 2
      func segments(_ count: UInt32) -> Double { mayHaveWrapped ? full : Double(count) * counted }
      data += max(full, segments(isReceiver ? segmentsIn : segmentsOut))
      acknowledgements += segments(isReceiver ? segmentsOut : segmentsIn)
      largestSegment = max(largestSegment, segment)
    }
    let isIPv6 = report.streams.contains { $0.local.host.contains(":") }
    // Ethernet with one VLAN tag and the frame check sequence, IP, TCP with time stamps; selective acknowledgements
    // fill TCP's options.
    let network = 22.0 + (isIPv6 ? 40 : 20)
    // A sender takes those of omitted seconds for its own too: with no intervals it cannot tell them apart.
    let retransmits =
      isReceiver
      ? Double(report.peerLoad?.retransmits ?? 0)
      : report.streams.reduce(0) { $0 + Double($1.tcp?.retransmits ?? 0) }
    var payload = Volume(
      packets: data + retransmits,
      bytes: Double(moved.bytes) + retransmits * (largestSegment + network + 32) + data * (network + 32))
    var answers = Volume(packets: acknowledgements, bytes: acknowledgements * (network + 60))
    if report.settings.omit > 0 {
      let stale = 1 + DisturbanceLimits.staleness / max(moved.seconds, 1e-3)
      payload = Volume(packets: payload.packets * stale, bytes: payload.bytes * stale)
      answers = Volume(packets: answers.packets * stale, bytes: answers.bytes * stale)
    }
    self.payload = payload
    received = isReceiver ? payload : answers
    sent = isReceiver ? answers : payload
  }

  /// What others added, in words; nil where that is within the limits.
  func excess(of counted: Volume, over own: Volume, _ what: String) -> String? {
    let bytes = counted.bytes - own.bytes
    let packets = counted.packets - own.packets
    let limit = DisturbanceLimits.traffic
    func percent(_ part: Double, _ whole: Double) -> Double { part / max(1, whole) * 100 }
    let words = "(limit \(limit.text(decimals: 0)) %)"
    if bytes > DisturbanceLimits.trafficBytes, percent(bytes, payload.bytes) > limit {
      return "\(bytes.text(decimals: 0)) bytes of others \(what), "
        + "\(percent(bytes, payload.bytes).text(decimals: 1)) % of the run's own \(words)"
    }
    if packets > DisturbanceLimits.trafficPackets, percent(packets, payload.packets) > limit {
      return "\(packets.text(decimals: 0)) packets of others \(what), "
        + "\(percent(packets, payload.packets).text(decimals: 1)) % of the run's own \(words)"
    }
    return nil
  }
}
