/// Where packets came in, as kernel and driver tell it, in one line.
struct ArrivalText {
  let arrival: ArrivalReport

  var line: TextLine {
    var parts = arrival.queues.map { "queue \($0.queue) \(Self.provider($0)), \(Self.counts($0.packets, $0.bytes))" }
    parts.append("other queues: \(Self.counts(arrival.otherPackets, arrival.otherBytes))")
    parts += arrival.absent.map { "not known: \($0)" }
    return TextLine("    Arrival: \(parts.joined(separator: "; "))")
  }

  private static func provider(_ queue: QueueArrivalReport) -> String {
    let bound = times(queue.boundAtBegin, queue.boundAtEnd)
    let pooled = times(queue.pooledAtBegin, queue.pooledAtEnd)
    return bound == pooled ? "and its page pool io_uring's \(bound)" : "io_uring's \(bound), its page pool \(pooled)"
  }

  private static func times(_ begin: Bool?, _ end: Bool?) -> String {
    switch (begin, end) {
    case (true, true): "at begin and end"
    case (false, false): "neither at begin nor at end"
    case (true, false): "at begin, not at end"
    case (false, true): "at end, not at begin"
    case (nil, nil): "or not: not known"
    case (let begin?, nil): "\(begin ? "" : "not ")at begin, not known at end"
    case (nil, let end?): "\(end ? "" : "not ")at end, not known at begin"
    }
  }

  private static func counts(_ packets: UInt64?, _ bytes: UInt64?) -> String {
    guard packets != nil || bytes != nil else { return "not counted" }
    return [packets.map { "\($0) packets" }, bytes.map { "\($0) bytes" }].compactMap { $0 }.joined(separator: ", ")
  }
}
