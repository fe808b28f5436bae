import IperfProtocol
import Report
import Testing

@testable import Benchmark

@Suite("What was checked, and what the sender counts")
struct VerifiedAccountTests {
  private static func report(_ role: RunReport.Role) -> RunReport {
    let nowhere = Endpoint(host: "", port: 0)
    var report = RunReport(
      toolVersion: "0", role: role, kind: .iperf3, outcome: .completed, startedAt: 0, peer: nowhere, local: nowhere,
      settings: RunSettings(), environment: .unknown, processor: ProcessorUse(wallSeconds: 1, user: 0, system: 0))
    report.settings.verify = true
    report.streams = [1, 3].map { StreamReport(id: $0, socket: 0, local: nowhere, remote: nowhere) }
    return report
  }

  @Test("The client is done only when the server has checked all it sent, omitted seconds included")
  func client() {
    for (checked, status) in [(1299, Outcome.Status.partial), (1300, .completed)] {
      var server = Self.report(.server)
      server.verification = VerificationReport(
        checkedBytes: UInt64(checked), firstWrongOffset: nil, wrongStream: nil, cpuSeconds: 0)
      var client = Self.report(.client)
      for index in client.streams.indices {
        client.streams[index].sent = Transfer(bytes: 500, start: 0, end: 1)
        client.streams[index].omittedBytes = 150
      }
      var results = TestResults(streams: [.init(id: 1, bytes: 500), .init(id: 3, bytes: 500)])
      results.extras = [Extras.report: server.json()]
      client.add(receiversAccount: results)
      #expect(client.outcome.status == status)
      #expect(
        client.outcome.reason
          == (status == .partial ? "1 byte that the sender counts were never checked (--verify)" : nil))
    }
  }

  @Test("Only a verified test that ended well is judged by it")
  func others() {
    var report = Self.report(.server)
    report.judgeVerification(unchecked: 0)
    #expect(report.outcome == .completed)
    report.settings.verify = false
    report.judgeVerification(unchecked: 5)
    #expect(report.outcome == .completed)
    report.settings.verify = true
    report.outcome = Outcome(.failed, reason: "worse")
    report.judgeVerification(unchecked: 5)
    #expect(report.outcome == Outcome(.failed, reason: "worse"))
    report.outcome = .completed
    report.judgeVerification(unchecked: 5)
    #expect(report.outcome.status == .partial)
  }

  @Test("Two streams of 2^64 - 1 bytes make no sum, on neither side, and it is said")
  func absurdSums() {
    let absurd = TestResults(streams: [.init(id: 1, bytes: .max), .init(id: 3, bytes: .max)])
    var server = Self.report(.server)
    server.add(sendersAccount: absurd)
    #expect(server.sent == nil)
    #expect(server.streams.map { $0.sent?.bytes } == [.max, .max])
    #expect(server.notes == ["the client's counts of all streams make a sum beyond 2^64 - 1: it is left out"])
    var client = Self.report(.client)
    client.settings.verify = false
    client.add(receiversAccount: absurd)
    #expect(client.received == nil)
    #expect(client.notes == ["the server's counts of all streams make a sum beyond 2^64 - 1: it is left out"])
  }
}
