import BoundedJSON
import IperfProtocol
import Report
import Testing

@testable import Benchmark

@Suite("What each side tells the other of its load")
struct LoadExchangeTests {
  private var load: LoadEvidence {
    var load = LoadEvidence()
    load.windowLimitedPercent = 12.5
    load.retransmits = 7
    load.boot = "this"
    return load
  }

  private func results(_ load: JSONValue?) -> TestResults {
    var results = TestResults(streams: [])
    if let load { results.extras = ["load": load] }
    return results
  }

  private var report: RunReport {
    RunReport(
      toolVersion: "0", role: .server, kind: .iperf3, outcome: .completed, startedAt: 0,
      peer: Endpoint(host: "", port: 0), local: Endpoint(host: "", port: 0), settings: RunSettings(),
      environment: .unknown, processor: ProcessorUse(wallSeconds: 1, user: 0, system: 0))
  }

  @Test("The server takes the sender's evidence from its results")
  func fromSender() {
    var report = report
    report.load = LoadEvidence()
    report.add(sendersAccount: results(load.json()))
    #expect(report.peerLoad == load)
    #expect(report.limit?.evidence.contains("7 segments retransmitted") == true)
  }

  @Test(
    "A peer that tells nothing, or nonsense, has told nothing",
    arguments: [
      nil, .string("full"), .null, .array([]), .object(["retransmits": .integer(-1)]),
      .object(["busiest_cpu": .object(["cpu": .integer(1)])]), .object(["boot": .integer(1)]),
    ] as [JSONValue?])
  func nonsense(told: JSONValue?) {
    var report = report
    report.load = LoadEvidence()
    report.add(sendersAccount: results(told))
    #expect(report.peerLoad == nil)
    #expect(report.limit?.verdict == .unknown)
  }
}
