import Linux
import SystemPackage
import Testing

@testable import Benchmark

@Suite("Receive teams")
struct ReceiveTeamTests {
  private func team(_ path: WorkerPath = .epoll, workers: Int = 1, length: Int = 65_536) throws -> ReceiveTeam {
    ReceiveTeam(
      path: path, length: length, pattern: nil, cpus: Array(repeating: nil, count: workers),
      changed: try EventDescriptor())
  }

  @Test(
    "Flows go to the workers in turn, and each worker says what it served and did",
    arguments: [WorkerPath.epoll, .uring, .discard])
  func takesTurns(path: WorkerPath) throws {
    let team = try team(path, workers: 2)
    let pairs = try (0..<3).map { _ in try LoopbackPair() }
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 0) }
    for flow in flows { try team.receive(flow) }
    for pair in pairs { try pair.send([UInt8](repeating: 0, count: 5000)) }
    try eventually("all arrives") { flows.allSatisfy { $0.bytes == 5000 } }
    team.stop()
    #expect(team.reports.map(\.streams) == [[0, 2], [1]])
    #expect(team.reports.allSatisfy { $0.calls > 0 })
    // A call that found nothing has no size.
    let sizes = try #require(team.callSizes)
    #expect((3...team.reports.reduce(0) { $0 + $1.calls }).contains(sizes.count))
    #expect(team.failure == nil)
  }

  @Test("No more workers are started than there are flows")
  func startsAsNeeded() throws {
    let team = try team(workers: 8)
    let pair = try LoopbackPair()
    try team.receive(Flow(socket: pair.far, id: 1, identified: 0))
    team.stop()
    #expect(team.reports.count == 1)
  }

  @Test("After a stop nothing is received any more, and a second stop is harmless")
  func stops() throws {
    let team = try team()
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    try team.receive(flow)
    try pair.send([1, 2, 3])
    try eventually("three bytes arrive") { flow.bytes == 3 }
    team.stop()
    try pair.send([4])
    try eventually("one byte is queued") { try flow.socket.queuedBytes() == 1 }
    #expect(flow.bytes == 3)
    team.stop()
  }

  @Test("A flow that has ended closes as soon as its owner lets go, while its worker goes on with others")
  func letsGo() throws {
    let team = try team()
    let lasting = try LoopbackPair()
    let stays = Flow(socket: lasting.far, id: 1, identified: 0)
    try team.receive(stays)
    try lasting.send([1])
    try eventually("the lasting stream is received") { stays.bytes == 1 }
    let peer = try peerOfEndedFlow(in: team)
    try eventually("its peer sees the close") { peer.receive(atMost: 1) == .endOfStream }
    #expect(stays.state == .open)
    team.stop()
  }

  /// The near end of a connection that the team has received to its end, and that nobody else holds any more.
  private func peerOfEndedFlow(in team: ReceiveTeam) throws -> Socket {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 3, identified: 0)
    try team.receive(flow)
    pair.near.shutDown(sending: true, receiving: false)
    try eventually("the stream ends") { flow.isOver }
    return pair.near
  }

  @Test("A worker that cannot take a flow in says why")
  func tellsFailure() throws {
    let team = try team()
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    try team.receive(flow)
    try team.receive(flow)
    try eventually("the worker fails") { team.failure != nil }
    #expect(team.failure?.errno == .fileExists)
    team.stop()
  }

  @Test("A worker on a CPU that does not exist runs unbound, and the refusal is kept")
  func keepsPinRefusals() throws {
    let team = ReceiveTeam(path: .epoll, length: 100, pattern: nil, cpus: [1023], changed: try EventDescriptor())
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    try team.receive(flow)
    try pair.send([1])
    try eventually("it receives all the same") { flow.bytes == 1 }
    team.stop()
    #expect(team.pinRefusals.map(\.errno) == [.invalidArgument])
    #expect(team.reports.map(\.cpu) == [nil])
  }
}
