/// What the interface counted during the run.
struct NetworkText {
  let network: NetworkReport

  var lines: [TextLine] {
    guard let link = network.link else { return [] }
    return [
      TextLine(
        "    Network: \(network.interface) in \(link.receivedPackets) packets of \(link.receivedBytes) bytes, "
          + "out \(link.sentPackets) of \(link.sentBytes); "
          + "dropped \(link.receiveDrops) in and \(link.sendDrops) out, missed \(link.receiveMisses), "
          + "errors \(link.receiveErrors) in and \(link.sendErrors) out")
    ]
  }

  /// One line for each queue, the rest together, page pools, and what could not be measured.
  var detailedLines: [TextLine] {
    var lines = network.queues.map { queue in
      TextLine(
        " Rx queue \("\(queue.queue)".leftPadded(to: 2)): \(Self.service(of: queue)); \(Self.counters(queue.counters))")
    }
    if let others = network.otherQueues { lines.append(TextLine("  Rx others: \(Self.counters(others))")) }
    if let transmit = network.transmit { lines.append(TextLine("  Tx queues: \(Self.counters(transmit))")) }
    lines += network.pagePools.map { TextLine("  Page pool: \(Self.describe($0))") }
    return lines + network.absent.map { TextLine("    Network: \($0)") }
  }

  private static func service(of queue: NetworkQueueReport) -> String {
    var parts: [String] = []
    if let napi = queue.napi { parts.append("NAPI \(napi)") }
    if let thread = queue.thread { parts.append("polled by thread \(thread)") }
    if let interrupt = queue.interrupt { parts.append("interrupt \(interrupt)") }
    if !queue.cpus.isEmpty { parts.append("on CPU \(queue.cpus.map { "\($0)" }.joined(separator: " "))") }
    return parts.isEmpty ? "who serves it is not known" : parts.joined(separator: ", ")
  }

  private static func counters(_ counters: QueueCountersReport?) -> String {
    guard let counters else { return "not counted" }
    let known: [(String, UInt64?)] = [
      ("packets", counters.packets), ("bytes", counters.bytes), ("allocation failures", counters.allocationFailures),
      ("drops", counters.drops), ("overruns", counters.overruns), ("joined by hardware", counters.joinedPackets),
      ("of wire packets", counters.joinedWirePackets), ("stops", counters.stops),
    ]
    let parts = known.compactMap { name, value in value.map { "\(name) \($0)" } }
    return parts.isEmpty ? "not counted" : parts.joined(separator: ", ")
  }

  private static func describe(_ pool: PagePoolReport) -> String {
    var parts = ["\(pool.id)" + (pool.queue.map { " of queue \($0)" } ?? "")]
    if pool.isZeroCopy { parts.append("memory of an io_uring") }
    if let pages = pool.inFlight { parts.append("\(pages) pages out") }
    if let counters = pool.counters {
      parts.append(
        "allocations \(counters.fastAllocations) fast and \(counters.slowAllocations) slow, "
          + "ring empty \(counters.emptyRing), recycled \(counters.recycledToCache) to the cache and "
          + "\(counters.recycledToRing) to the ring, ring full \(counters.ringFull), "
          + "given up in use \(counters.releasedInUse)")
    }
    return parts.joined(separator: ", ")
  }
}
