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
    } else if total.knowledge == .counted {
      total.knowledge = .uncounted(.busy)
    }
    report.copyAccount = total.account
    for index in flows.indices {
      attribute(to: index, of: &flows, zeroCopy, total)
      report.streams[index].copyAccount = flows[index].account
    }
    var zeroCopyReport = zeroCopy.report
    zeroCopyReport.likelyCauses = likelyCauses(zeroCopy, total, report)
    report.zeroCopy = zeroCopyReport
    report.notes += notes(on: report.streams) + contradictions(zeroCopy, report.streams) + zeroCopy.notes
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

  private func likelyCauses(_ zeroCopy: ZeroCopyTest, _ total: CopyBracket, _ report: RunReport) -> [String] {
    guard let device = zeroCopy.device else { return [] }
    let misplaced = report.streams.filter { $0.placement?.isOurs == false }
    var evidence = LikelyCauses.Evidence()
    evidence.interface = device.name
    evidence.queues = device.queues
    evidence.headerSplit = device.isHeaderSplit
    evidence.received = total.received
    evidence.zeroCopied = total.zeroCopied
    // Where a stream came in is known of its last packet alone: what is proven not to have been copied came in elsewhere.
    evidence.misplacedBytes = misplaced.reduce(0) { $0 + ($1.copyAccount?.copied?.atMost ?? 0) }
    evidence.misplacedQueues = misplaced.compactMap { $0.placement?.queue }
    evidence.kernelCopied = total.knowledge == .counted ? total.kernelCopied : nil
    evidence.drained = total.copiedByCall
    evidence.exhaustions = zeroCopy.queueReports.reduce(0) {
      $0 + $1.rearms.noBuffer + ($1.allocationFailures ?? 0)
    }
    evidence.shortCompletions = zeroCopy.shortCompletions
    evidence.completions = zeroCopy.queueReports.reduce(0) { $0 + $1.completions }
    return LikelyCauses.sentences(evidence)
  }

  private func contradictions(_ zeroCopy: ZeroCopyTest, _ streams: [StreamReport]) -> [String] {
    let claims = zip(self.streams, streams).compactMap { stream, report in
      zeroCopy.claim(of: stream.id, bytes: stream.bytes, placement: report.placement)
    }
    return zeroCopy.arrival?.contradictions(claims) ?? []
  }

  private func notes(on streams: [StreamReport]) -> [String] {
    var notes: [String] = []
    for (stream, report) in zip(self.streams, streams) {
      // A stream that brought nothing has been nowhere but in the handshake.
      if let placement = report.placement, !placement.isOurs, stream.bytes > 0 {
        let place = placement.queue.map { "queue \($0)" } ?? "no queue that could be found out (NAPI \(placement.napi))"
        notes.append("stream \(report.id) came in on \(place) at last, which is none of ours: there it is copied")
      }
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
}
