extension RunReport {
  /// What is summed of a report must make sums: a file or a peer may claim 2^64 - 1 bytes twice.
  func checkSums() throws(ReportError) {
    let rearms = (zeroCopy?.queues ?? []).map(\.rearms)
    let summed: [(path: String, member: String, counts: [UInt64])] = [
      ("streams", "omitted_bytes", streams.map(\.omittedBytes)),
      ("streams", "lost_bytes", streams.map(\.lostBytes)),
      ("streams", "unread_bytes", streams.map(\.unreadBytes)),
      ("intervals", "streams[].bytes", intervals.flatMap { $0.streams.map(\.bytes) + [$0.unlistedBytes] }),
      ("intervals", "zero_copied.at_least", intervals.compactMap { $0.zeroCopied?.atLeast }),
      ("intervals", "zero_copied.at_most", intervals.compactMap { $0.zeroCopied?.atMost }),
      ("intervals", "memory.read_bytes", intervals.compactMap { $0.memory?.readBytes }),
      ("intervals", "memory.write_bytes", intervals.compactMap { $0.memory?.writeBytes }),
      ("intervals", "memory.total_bytes", intervals.compactMap { $0.memory?.totalBytes }),
      ("intervals", "memory.net_bytes", intervals.compactMap { $0.memory?.netBytes }),
      (
        "zero_copy.queues", "rearms",
        rearms.flatMap { [$0.completionQueueFull, $0.noBuffer, $0.otherRing, $0.watchdog, $0.other] }
      ),
    ]
    for (path, member, counts) in summed where UInt64(summing: counts) == nil {
      throw ReportError(path: path, problem: "has \(member) that make a sum beyond 2^64 - 1")
    }
  }
}
