import IperfProtocol
import Report

extension RunReport {
  /// Adds what the sender says of the test to the receiver's report.
  mutating func add(sendersAccount results: TestResults) {
    processor.peer = PeerUtilization(results)
    peerCongestion = results.congestionUsed
    peerLoad = results.senderLoad
    for index in streams.indices {
      guard let stream = results.streams.first(where: { $0.id == streams[index].id }) else { continue }
      streams[index].sent = Transfer(
        bytes: stream.bytes, start: 0, end: stream.endTime ?? streams[index].received?.end ?? 0)
    }
    sent = Transfer(summing: streams.map(\.sent))
    noteMissingSum(of: streams.map(\.sent), "client")
    if disturbances != nil { judgeDisturbances() }
  }

  /// Adds what the receiver says of the test to the sender's report.
  mutating func add(receiversAccount results: TestResults) {
    processor.peer = PeerUtilization(results)
    peerCongestion = results.congestionUsed
    for index in streams.indices {
      guard let stream = results.streams.first(where: { $0.id == streams[index].id }) else { continue }
      streams[index].received = Transfer(
        bytes: stream.bytes, start: 0, end: stream.endTime ?? streams[index].sent?.end ?? 0)
    }
    received = Transfer(summing: streams.map(\.received))
    noteMissingSum(of: streams.map(\.received), "server")
    let server = results.serverReport
    if let server {
      copyAccount = server.copyAccount
      zeroCopy = server.zeroCopy
      peerLoad = server.load
      for index in streams.indices {
        guard let stream = server.streams.first(where: { $0.id == streams[index].id }) else { continue }
        streams[index].copyAccount = stream.copyAccount
        streams[index].placement = stream.placement
        streams[index].lostBytes = stream.lostBytes
      }
      verification = server.verification
      settings.requestedMode = server.settings.requestedMode
      settings.mode = server.settings.mode
      settings.modeReason = server.settings.modeReason
      settings.receiveLength = server.settings.receiveLength
      notes += server.notes.prefix(RunReport.mostNotesOfServer).map { "server: \($0)" }
      if outcome.status == .completed, server.outcome.status != .completed {
        outcome = Outcome(server.outcome.status, reason: "the server: \(server.outcome.reason ?? "gave no reason")")
      }
    }
    if disturbances != nil { judgeDisturbances(server: server?.disturbances) }
    if settings.verify, verification == nil, outcome.status == .completed {
      outcome = Outcome(
        .failed, reason: "nothing was verified (--verify): the server is no zcrx-bench, or told nothing of it")
    }
    let total = streams.reduce(UInt64(0)) { $0 + ($1.sent?.bytes ?? 0) + $1.omittedBytes }
    judgeVerification(unchecked: total - min(total, verification?.checkedBytes ?? 0))
  }

  private mutating func noteMissingSum(of transfers: [Transfer?], _ peer: String) {
    guard !transfers.isEmpty, transfers.allSatisfy({ $0 != nil }), Transfer(summing: transfers) == nil else { return }
    notes.append("the \(peer)'s counts of all streams make a sum beyond 2^64 - 1: it is left out")
  }

  /// A test that is verified and ended well is not whole where bytes that the sender counts were never checked.
  mutating func judgeVerification(unchecked: UInt64) {
    guard settings.verify, unchecked > 0, outcome.status == .completed else { return }
    outcome = Outcome(
      .partial, reason: "\(unchecked.counted("byte")) that the sender counts were never checked (--verify)")
  }
}

extension RunReport {
  /// Notes of a server's report that are taken over: more than any of ours has.
  fileprivate static let mostNotesOfServer = 64
}

extension Transfer {
  /// All streams together; nil when one of them is not known, or their bytes make no 64-bit number, as a peer may claim.
  init?(summing transfers: [Transfer?]) {
    let known = transfers.compactMap { $0 }
    guard known.count == transfers.count, !known.isEmpty, let bytes = UInt64(summing: known.map(\.bytes)) else {
      return nil
    }
    self.init(bytes: bytes, start: known.map(\.start).min() ?? 0, end: known.map(\.end).max() ?? 0)
  }
}

extension PeerUtilization {
  init(_ results: TestResults) {
    self.init(
      totalPercent: results.cpuTotal, userPercent: results.cpuUser, systemPercent: results.cpuSystem)
  }
}
