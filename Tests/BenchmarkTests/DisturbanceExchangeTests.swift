import BoundedJSON
import IperfProtocol
import Metering
import Report
import Testing

@testable import Benchmark

@Suite("What each side tells the other of disturbances")
struct DisturbanceExchangeTests {
  private static func report(_ role: RunReport.Role) -> RunReport {
    RunReport(
      toolVersion: "0", role: role, kind: .iperf3, outcome: .completed, startedAt: 0,
      peer: Endpoint(host: "", port: 0), local: Endpoint(host: "", port: 0), settings: RunSettings(),
      environment: .unknown, processor: ProcessorUse(wallSeconds: 1, user: 0, system: 0))
  }

  private static func results(of server: RunReport) -> TestResults {
    var results = TestResults(streams: [])
    results.extras = ["report": server.json()]
    return results
  }

  private static func load(worker: Double) -> LoadEvidence {
    var load = LoadEvidence()
    load.busiestWorker = LoadEvidence.WorkerLoad(index: 0, percent: worker)
    return load
  }

  @Test("The client takes over what the server saw and what it could not judge, as the server's")
  func takenOver() {
    var server = Self.report(.server)
    server.disturbances = DisturbanceReport()
    // Whatever side it claims.
    server.disturbances?.seen = [Disturbance(.steal, side: .client, "much")]
    server.disturbances?.unknown = [UnknownDisturbance(.throttle, side: .server, "not counted")]
    var client = Self.report(.client)
    client.judgeDisturbances()
    client.add(receiversAccount: Self.results(of: server))
    #expect(client.disturbances?.seen == [Disturbance(.steal, side: .server, "much")])
    #expect(client.disturbances?.unknown.last == UnknownDisturbance(.throttle, side: .server, "not counted"))
    #expect(client.disturbances?.summary == "server: steal: much")
  }

  @Test("That the sender was the limit comes out when the loads of both are known, and is said once")
  func senderIsLimit() {
    var server = Self.report(.server)
    server.load = Self.load(worker: 20)
    server.judgeDisturbances()
    #expect(server.disturbances?.unknown.contains { $0.kind == .sender } == true)
    var told = TestResults(streams: [])
    told.extras = ["load": Self.load(worker: 99).json()]
    server.add(sendersAccount: told)
    #expect(server.disturbances?.seen.map(\.kind) == [.sender])
    var client = Self.report(.client)
    client.load = Self.load(worker: 99)
    client.judgeDisturbances()
    client.add(receiversAccount: Self.results(of: server))
    #expect(client.disturbances?.seen.map { "\($0.side) \($0.kind)" } == ["client sender"])
  }

  @Test("What both sides saw of one CPU of one machine is said once", arguments: ["this", "that"])
  func oneMachine(boot: String) {
    func time(steal: Double) -> CPUTimeReport {
      CPUTimeReport(
        user: 0, system: 0, irq: 0, softirq: 0, steal: steal, idle: 10 - steal, ioWait: 0, guest: nil)
    }
    var server = Self.report(.server)
    server.load = LoadEvidence()
    server.load?.boot = boot
    server.cpus = [CPUReport(cpu: 3)]
    server.cpus[0].time = time(steal: 1)
    var client = server
    client.role = .client
    client.load?.boot = "this"
    client.cpus[0].time = time(steal: 1.1)
    server.judgeDisturbances()
    client.judgeDisturbances()
    client.add(receiversAccount: Self.results(of: server))
    let seen = client.disturbances?.seen.filter { $0.kind == .steal }.map { "\($0.side) \($0.cpu ?? -1)" }
    #expect(seen == (boot == "this" ? ["server 3"] : ["client 3", "server 3"]))
  }

  @Test("A server that tells much is taken over in part")
  func bounded() {
    var server = Self.report(.server)
    server.disturbances = DisturbanceReport()
    server.disturbances?.seen = (0..<1000).map { Disturbance(.load, side: .server, "\($0)") }
    var client = Self.report(.client)
    client.judgeDisturbances()
    client.add(receiversAccount: Self.results(of: server))
    #expect(client.disturbances?.seen.count == 64)
  }

  @Test("A CPU's clock is the difference of two readings, as far as both tell")
  func clocks() {
    #expect(CPUClockReport(from: nil, to: nil) == nil)
    let begin = ProcessorClocks.Clock(kilohertz: 3_000_000, governor: "performance", throttles: 5)
    let end = ProcessorClocks.Clock(kilohertz: 2_000_000, throttles: 7)
    let clock = CPUClockReport(from: begin, to: end)
    #expect(clock?.kilohertzAtBegin == 3_000_000 && clock?.kilohertzAtEnd == 2_000_000)
    #expect(clock?.governorAtBegin == "performance" && clock?.governorAtEnd == nil && clock?.throttles == 2)
    // Counted anew, or not at all at one end.
    #expect(CPUClockReport(from: end, to: begin)?.throttles == nil)
    #expect(CPUClockReport(from: nil, to: end)?.throttles == nil)
  }
}
