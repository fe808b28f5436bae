import NetworkInterface
import Report

/// Copied or not, for a test with zero-copy receive.
extension ReceiveTest {
  /// - Parameters:
  ///   - rings: the rings' counts at the end; nil where no consistent look at them was possible.
  ///   - omitted: bytes per stream that do not count.
  func account(
    for zeroCopy: ZeroCopyTest, _ rings: CopyBracket?, omitted: [UInt64], in report: inout RunReport
  ) {
    let countsFrom = hasOmitted ? ringsAtOmission : zeroCopy.ringsAtStart
    let counted = rings.flatMap { rings in countsFrom.map { rings - $0 } }
    var total = CopyBracket(knowledge: zeroCopy.knowledge)
    var flows: [CopyBracket] = []
    for (index, stream) in streams.enumerated() {
      let before = index < omitted.count ? omitted[index] : 0
      var flow = CopyBracket(knowledge: zeroCopy.knowledge)
      flow.proven = stream.proven - (index < provenAtOmission.count ? provenAtOmission[index] : 0)
      flow.copiedByCall = stream.drained - (index < drainedAtOmission.count ? drainedAtOmission[index] : 0)
      flow.copiedByCall += zeroCopy.bytesByCopy(
        of: stream.id, from: stream.copyingFrom.map { max($0, before) }, bytes: stream.bytes)
      if before == 0 { flow.copiedByCall += stream.identified }
      flow.completed = stream.bytes - before - min(stream.bytes - before, flow.copiedByCall)
      total.completed += flow.completed
      total.proven += flow.proven
      total.copiedByCall += flow.copiedByCall
      flows.append(flow)
    }
    if let counted {
      total.kernelCopied = counted.kernelCopied
      total.beside = counted.beside
      total.traced = counted.traced
      total.tracedBeside = counted.tracedBeside
    } else if total.knowledge == .counted {
      total.knowledge = .uncounted(.busy)
    }
    judgeTrace(zeroCopy, &total)
    report.copyAccount = total.account
    for index in flows.indices {
      attribute(to: index, of: &flows, zeroCopy, total)
      attributeTrace(to: index, of: &flows, zeroCopy, total)
      report.streams[index].copyAccount = flows[index].account
    }
    var zeroCopyReport = zeroCopy.report
    let origins = origins(zeroCopy, report.streams)
    if zeroCopy.isTraced {
      zeroCopyReport.tracing = TracingReport(
        method: zeroCopy.traceMethod?.rawValue, isExact: total.traced != nil && total.zeroCopied.isExact,
        problem: total.traceProblem,
        refusals: zeroCopy.traceRefusals)
    }
    zeroCopyReport.likelyCauses = likelyCauses(zeroCopy, total, report, origins)
    report.zeroCopy = zeroCopyReport
    report.notes += notes(on: report.streams, origins) + contradictions(zeroCopy, report.streams) + zeroCopy.notes
  }

  /// What the probe counted is used only where nothing is known against it.
  private func judgeTrace(_ zeroCopy: ZeroCopyTest, _ total: inout CopyBracket) {
    guard zeroCopy.isTraced else { return }
    guard let method = zeroCopy.traceMethod else {
      total.traceProblem = "no probe could be attached (\(zeroCopy.traceRefusals.first ?? "none was tried"))"
      return
    }
    total.traceMethod = method.rawValue
    if let problem = zeroCopy.traceProblem {
      total.traceProblem = problem
    } else if method == .hits {
      if zeroCopy.hadNoHit {
        total.traced = 0
      } else {
        total.traceProblem = "something was copied, and the probe counts no bytes"
      }
    } else if total.traced == nil {
      total.traceProblem = "there was no moment at which probe and completions agreed"
    } else {
      total.traceProblem = total.contradiction
    }
    if hasUnclearBeginnings, !hasOmitted {
      total.traceProblem =
        total.traceProblem ?? "first bytes of a stream were read beside others, of which some were copied"
    }
    if zeroCopy.traceMethod == .exit, let all = total.traced, all != copiedOfStreams {
      total.traceProblem = total.traceProblem ?? "the streams' copies do not add up to their rings'"
    }
    if total.traceProblem != nil { total.traced = nil }
  }

  private func copied(ofStream index: Int) -> UInt64 {
    streams[index].copied - (index < copiedAtOmission.count ? copiedAtOmission[index] : 0)
  }

  private var copiedOfStreams: UInt64 { streams.indices.reduce(0) { $0 + copied(ofStream: $1) } }

  /// What the probe counted of a flow, or of its ring.
  private func attributeTrace(
    to index: Int, of flows: inout [CopyBracket], _ zeroCopy: ZeroCopyTest, _ total: CopyBracket
  ) {
    flows[index].traceMethod = total.traceMethod
    flows[index].traceProblem = total.traceProblem
    guard let all = total.traced else { return }
    if zeroCopy.traceMethod == .exit {
      flows[index].traced = copied(ofStream: index)
    } else if all == 0 {
      flows[index].traced = 0
    } else if let worker = zeroCopy.onlyWorker(of: streams[index].id), zeroCopy.queueReports.count == 1 || !hasOmitted,
      let ring = zeroCopy.queueReports.first(where: { $0.worker == worker })
    {
      let others = flows.indices.filter { $0 != index && zeroCopy.mayHaveHad(streams[$0].id, worker: worker) }
      flows[index].traced = zeroCopy.queueReports.count == 1 ? all : ring.tracedCopiedBytes
      flows[index].tracedBeside =
        zeroCopy.bytesBeside(ofWorker: worker)
        + others.reduce(UInt64(0)) { $0 + flows[$1].completed - min(flows[$1].completed, flows[$1].proven) }
    }
    if flows[index].contradiction != nil { flows[index].traced = nil }
  }

  /// What a flow's ring copied and its other flows cannot account for was copied for this one. Nothing can be said where the
  /// flow moved between rings, or where one of several rings counted the omitted seconds too.
  private func attribute(
    to index: Int, of flows: inout [CopyBracket], _ zeroCopy: ZeroCopyTest, _ total: CopyBracket
  ) {
    guard flows[index].knowledge == .counted else { return }
    let reports = zeroCopy.queueReports
    guard let worker = zeroCopy.onlyWorker(of: streams[index].id) else {
      flows[index].knowledge = .uncounted(.severalRings)
      return
    }
    guard let ring = reports.first(where: { $0.worker == worker }) else {
      flows[index].knowledge = .uncounted(.noResult)
      return
    }
    if reports.count > 1, hasOmitted {
      flows[index].knowledge = .uncounted(.omission)
      return
    }
    if reports.count == 1, total.knowledge != .counted {
      flows[index].knowledge = total.knowledge
      return
    }
    let others = flows.indices.filter { $0 != index && zeroCopy.mayHaveHad(streams[$0].id, worker: worker) }
    let unproven = others.reduce(UInt64(0)) { $0 + flows[$1].completed - min(flows[$1].completed, flows[$1].proven) }
    if reports.count == 1 {
      flows[index].kernelCopied = total.kernelCopied
      flows[index].beside = total.beside + unproven
    } else {
      flows[index].kernelCopied = ring.kernelCopiedBytes ?? 0
      flows[index].beside = zeroCopy.bytesBeside(ofWorker: worker) + unproven
    }
  }

  private func likelyCauses(
    _ zeroCopy: ZeroCopyTest, _ total: CopyBracket, _ report: RunReport, _ origins: [Int: ReceiveOrigin]
  ) -> [String] {
    guard let device = zeroCopy.device else { return [] }
    let queues = zeroCopy.queueReports
    var evidence = LikelyCauses.Evidence()
    evidence.interface = device.name
    evidence.queues = device.queues
    evidence.headerSplit = device.isHeaderSplit
    evidence.received = total.received
    evidence.zeroCopied = total.zeroCopied
    evidence.steering = zeroCopy.steeringMethod
    evidence.misplaced = report.streams.compactMap { stream in
      guard let origin = origins[stream.id] else { return nil }
      // Where a stream came in is known of its last packet alone: what is proven not to have been copied came in elsewhere.
      return LikelyCauses.MisplacedStream(
        bytes: stream.copyAccount?.copied?.atMost ?? 0, origin: origin,
        flow: TCPFlow(isIPv6: stream.local.host.contains(":"), destinationPort: stream.local.port),
        hasRule: zeroCopy.hasRule(stream.id), hasExtensionHeaders: zeroCopy.hasExtensionHeaders(stream.id))
    }
    evidence.bytesBeforeRules = report.streams.reduce(0) {
      let before = zeroCopy.bytesBeforeRule($1.id)
      // Omitted seconds are the first.
      return $0 + (before - min(before, $1.omittedBytes))
    }
    evidence.otherQueueBytes = zeroCopy.arrival?.report.otherBytes
    if total.knowledge == .counted {
      evidence.kernelCopied = total.kernelCopied - min(total.kernelCopied, total.beside)
    }
    // What the kernel's own count leaves out lay in the linear area.
    if let traced = total.traced, let counted = evidence.kernelCopied {
      evidence.linear = traced - min(traced, counted)
    }
    evidence.drained = streams.reduce(0) { $0 + $1.drained } - drainedAtOmission.reduce(0, +)
    // Nothing can be copied into a dma-buf, however many buffers are free.
    evidence.exhaustions = queues.reduce(0) {
      $0 + ($1.memory.area == .dmabuf ? 0 : $1.rearms.noBuffer) + ($1.allocationFailures ?? 0)
    }
    evidence.shortCompletions = zeroCopy.shortCompletions
    evidence.completions = queues.reduce(0) { $0 + $1.completions }
    let segments = report.streams.compactMap(\.tcp?.segmentsIn)
    if segments.count == streams.count {
      evidence.segments = (segments.reduce(0) { $0 + UInt64($1) }, streams.reduce(0) { $0 + $1.bytes })
    }
    evidence.bufferLength = min(
      queues.map(\.memory.bufferBytes).min() ?? .max, device.receiveBufferLength.map(UInt64.init) ?? .max)
    return LikelyCauses.sentences(evidence)
  }

  /// Where the streams came in that came in on no queue of ours, by their numbers. A stream that brought nothing has been
  /// nowhere but in the handshake.
  private func origins(_ zeroCopy: ZeroCopyTest, _ streams: [StreamReport]) -> [Int: ReceiveOrigin] {
    guard let device = zeroCopy.device else { return [:] }
    var origins = ReceiveOrigins(device)
    var found: [Int: ReceiveOrigin] = [:]
    for (stream, report) in zip(self.streams, streams) where stream.bytes > 0 {
      guard let placement = report.placement, !placement.isOurs else { continue }
      found[report.id] = origins.origin(placement, peer: report.remote.host)
    }
    return found
  }

  private func contradictions(_ zeroCopy: ZeroCopyTest, _ streams: [StreamReport]) -> [String] {
    let claims = zip(self.streams, streams).compactMap { stream, report in
      zeroCopy.claim(of: stream.id, bytes: stream.bytes, placement: report.placement)
    }
    return zeroCopy.arrival?.contradictions(claims) ?? []
  }

  private func notes(on streams: [StreamReport], _ origins: [Int: ReceiveOrigin]) -> [String] {
    var notes: [String] = []
    for (stream, report) in zip(self.streams, streams) {
      if let origin = origins[report.id] { notes.append(note(on: report, origin)) }
      if let offset = stream.copyingFrom {
        notes.append(
          "stream \(report.id) was received by copy from byte \(offset) on: "
            + (zeroCopy?.isStranded(report.id) ?? false
              ? "its worker could not go on" : "RECV_ZC brought nothing although data was queued")
        )
      }
    }
    return notes
  }

  private func note(on stream: StreamReport, _ origin: ReceiveOrigin) -> String {
    let place =
      switch origin {
      case .queue(let number): "on queue \(number) at last, which is none of ours"
      case .sameHost: "over lo, because its peer is on this host"
      case .interface(let name): "on \(name) at last, which is another interface"
      case .unknown:
        "on no queue that could be found out (NAPI \(stream.placement?.napi ?? 0)) at last, which is none of ours"
      }
    return "stream \(stream.id) came in \(place): there it is copied"
  }
}
