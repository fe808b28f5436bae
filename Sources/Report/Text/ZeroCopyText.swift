/// What the zero-copy queues of a run were made of, what they counted, and how each stream fared.
struct ZeroCopyText {
  let zeroCopy: ZeroCopyReport
  let streams: [StreamReport]
  let isVerbose: Bool

  /// What the queues are made of, before anything was received; and what they were refused.
  var openingLines: [TextLine] {
    zeroCopy.queues.flatMap { queue in
      [TextLine("\(Self.name(of: queue)): \(Self.memory(queue.memory))")] + refusals(queue)
    }
  }

  /// Queues and streams, when the run is over.
  var lines: [TextLine] {
    zeroCopy.queues.flatMap(lines(of:)) + [zeroCopy.arrival.map { ArrivalText(arrival: $0).line }].compactMap { $0 }
      + streams.compactMap(line(of:))
  }

  /// Why less than expected arrived without a copy, most likely first.
  var causes: [TextLine] {
    zeroCopy.likelyCauses.map { TextLine("Likely cause: \($0)", .strong) }
  }

  /// "Queue 1", or "Ring 0" where there is no device.
  private static func name(of queue: ZeroCopyQueueReport) -> String {
    queue.queue.map { "Queue \($0)" } ?? "Ring \(queue.worker)"
  }

  // MARK: Queues

  private func lines(of queue: ZeroCopyQueueReport) -> [TextLine] {
    let title = Self.name(of: queue)
    let words = ([Self.memory(queue.memory)] + Self.counts(queue)).joined(separator: "; ")
    var lines = [TextLine("\(title.leftPadded(to: 11)): \(words)")] + refusals(queue)
    // With one queue these are the run's call sizes.
    if isVerbose, zeroCopy.queues.count > 1, let sizes = queue.completionSizes {
      lines.append(WorkerText.distribution("\(title), completions", sizes, unit: "bytes"))
    }
    return lines
  }

  private func refusals(_ queue: ZeroCopyQueueReport) -> [TextLine] {
    queue.refusedOptions.map { TextLine("    Refused: \(Self.name(of: queue)) has no \($0)") }
  }

  private static func memory(_ memory: ZeroCopyMemoryReport) -> String {
    let kind =
      switch memory.area {
      case .pages: "ordinary pages"
      case .hugePages: "huge pages"
      case .dmabuf: "dma-buf"
      }
    return "\(size(memory.areaBytes)) of \(kind), buffers of \(memory.bufferBytes) bytes, "
      + "\(memory.refillEntries) refill and \(memory.completionEntries) completion entries"
  }

  private static func counts(_ queue: ZeroCopyQueueReport) -> [String] {
    let median = queue.completionSizes.map { ", median \($0.median.counted("byte"))" } ?? ""
    var counts = ["\(queue.completions.counted("completion"))\(median)"]
    counts.append("at most \(queue.refillHighWater) in the refill ring")
    if queue.backlogHighWater > 0 { counts[1] += " and \(queue.backlogHighWater) waiting for room in it" }
    counts.append(queue.flushes.counted("flush", "flushes"))
    if queue.rearms.total > 0 { counts.append("armed again \(rearms(queue.rearms))") }
    if queue.stallsCured > 0 { counts.append("\(queue.stallsCured.counted("stall")) cured") }
    if queue.completionOverflows > 0 { counts.append(queue.completionOverflows.counted("completion overflow")) }
    if let failures = queue.allocationFailures, let copies = queue.copyEvents {
      counts.append("events: ALLOC_FAIL \(failures), COPY \(copies)")
    }
    counts.append(
      queue.kernelCopiedBytes.map { bytes in
        "the kernel counts \(bytes.counted("byte")) copied out of \((queue.kernelCopies ?? 0).counted("fragment"))"
      } ?? "the kernel does not count copies")
    if queue.drainedBytes > 0 { counts.append("\(queue.drainedBytes.counted("byte")) taken with recv()") }
    return counts
  }

  private static func rearms(_ rearms: ZeroCopyRearms) -> String {
    let causes = [
      (rearms.completionQueueFull, "completion queue full"), (rearms.noBuffer, "no buffer for a copy"),
      (rearms.otherRing, "memory of another ring"), (rearms.watchdog, "watchdog"), (rearms.other, "other"),
    ]
    return causes.filter { $0.0 > 0 }.map { "\($0.0) x \($0.1)" }.joined(separator: ", ")
  }

  // MARK: Streams

  /// Nil where the totals say it all: a run's only stream, on a queue of ours.
  private func line(of stream: StreamReport) -> TextLine? {
    var parts: [String] = []
    if streams.count > 1, let account = stream.copyAccount {
      parts.append("ZC bytes \(text(account.zeroCopied)), copy bytes \(text(account.copied))")
    }
    if let placement = stream.placement, isVerbose || !placement.isOurs { parts.append(Self.words(placement)) }
    guard !parts.isEmpty else { return nil }
    return TextLine("\("Stream \(stream.id)".leftPadded(to: 11)): \(parts.joined(separator: "; "))")
  }

  private func text(_ bounds: ByteBounds?) -> String { bounds?.text ?? "unknown" }

  private static func words(_ placement: PlacementReport) -> String {
    let queue = placement.queue.map { "on queue \($0)" } ?? "on a queue that could not be found out"
    return "came in \(queue) (NAPI \(placement.napi))\(placement.isOurs ? "" : ", none of ours")"
  }

  // MARK: Numbers

  /// Whole MiB or KiB where it is so many, bytes otherwise: never rounded.
  private static func size(_ bytes: UInt64) -> String {
    if bytes > 0, bytes.isMultiple(of: 1 << 20) { return "\(bytes >> 20) MiB" }
    if bytes > 0, bytes.isMultiple(of: 1 << 10) { return "\(bytes >> 10) KiB" }
    return bytes.counted("byte")
  }
}
