import NetworkInterface
import Report

/// Two readings of an interface's queues, compared with each other and with what the streams' NAPIs say.
struct ArrivalAccount {
  let begin: ArrivalReading
  let end: ArrivalReading
  /// Ours.
  let queues: [Int]

  /// What a stream brought, and the queue its last packet came in on.
  struct Claim: Equatable {
    var queue: Int
    /// Bytes that arrived since `begin`, and after it was known where to; fewer where that cannot be told.
    var bytes: UInt64
  }

  var report: ArrivalReport {
    var report = ArrivalReport()
    report.queues = queues.map { number in
      var queue = QueueArrivalReport(queue: number)
      queue.boundAtBegin = begin.isBound(number)
      queue.boundAtEnd = end.isBound(number)
      queue.pooledAtBegin = begin.isPooled(number)
      queue.pooledAtEnd = end.isPooled(number)
      queue.packets = increase(.receivedPackets, of: number)
      queue.bytes = increase(.receivedBytes, of: number)
      return queue
    }
    report.otherPackets = others(.receivedPackets)
    report.otherBytes = others(.receivedBytes)
    report.absent = absences(report)
    return report
  }

  /// Where the driver's counters say that payload came in on other queues than the streams' NAPIs do. A queue that
  /// counted too little alone is no contradiction: counters may be late (bnxt_en's firmware brings them up to date once a
  /// second, BNXT_DEF_STATS_COAL_TICKS).
  func contradictions(_ claims: [Claim]) -> [String] {
    let claimed = Dictionary(claims.map { ($0.queue, $0.bytes) }, uniquingKeysWith: &+)
    let surplus = Set(begin.countedQueues).sorted().compactMap { queue -> (queue: Int, bytes: UInt64)? in
      guard let counted = increase(.receivedBytes, of: queue) else { return nil }
      let due = claimed[queue] ?? 0
      return counted > due ? (queue, counted - due) : nil
    }
    return claimed.keys.sorted().compactMap { queue in
      guard let due = claimed[queue], let counted = increase(.receivedBytes, of: queue), counted < due
      else { return nil }
      let missing = due - counted
      guard missing > due / 10, let most = surplus.max(by: { $0.bytes < $1.bytes }),
        surplus.reduce(UInt64(0), { $0 &+ $1.bytes }) >= missing / 2
      else { return nil }
      return "queue \(queue) counted \(counted) bytes, and streams whose last packet came in there brought \(due): "
        + "the others came in elsewhere (queue \(most.queue) counted \(most.bytes) more than its streams brought)"
    }
  }

  /// Nil where a queue does not count, or began anew.
  private func increase(_ counter: QueueCounter, of queue: Int) -> UInt64? {
    guard let before = begin.count(counter, of: queue), let after = end.count(counter, of: queue), after >= before
    else { return nil }
    return after - before
  }

  private func others(_ counter: QueueCounter) -> UInt64? {
    let others = begin.countedQueues.filter { !queues.contains($0) }
    let increases = others.compactMap { increase(counter, of: $0) }
    guard !increases.isEmpty, increases.count == others.count else { return nil }
    return increases.reduce(0, &+)
  }

  private func absences(_ report: ArrivalReport) -> [String] {
    var absences: [String] = []
    if let why = begin.queues.absence ?? end.queues.absence { absences.append("who has the queues: \(why)") }
    if let why = begin.pools.absence ?? end.pools.absence {
      absences.append("page pools: \(why)")
    } else if report.queues.contains(where: { $0.pooledAtBegin == nil || $0.pooledAtEnd == nil }) {
      absences.append("page pools: none names the queue's NAPI")
    }
    if let why = begin.counters.absence ?? end.counters.absence {
      absences.append("queue counters: \(why)")
    } else if report.queues.contains(where: { $0.bytes == nil }) || report.otherBytes == nil {
      absences.append("queue counters: the driver does not count all, or has begun anew")
    }
    return absences
  }
}
