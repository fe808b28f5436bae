import Linux
import Report
import SystemPackage
import Testing

@testable import Benchmark
@testable import NetworkInterface

/// A table with room for so many rules.
private final class Table: SteeringTable {
  var room: Int
  var contexts = 0
  var rules: [Int: FlowRule] = [:]
  private var next = 0
  /// What rules with addresses are refused with.
  var tupleRefusal: Errno?

  init(room: Int) {
    self.room = room
  }

  func steer(_ rule: FlowRule) throws(LeaseError) -> RuleHandle {
    guard case .tcp(let flow) = rule.specification else { throw refusal(.invalidArgument) }
    if let tupleRefusal, flow.source != nil { throw refusal(tupleRefusal) }
    guard rules.count < room else { throw refusal(.noSpace) }
    next += 1
    rules[next] = rule
    return RuleHandle(location: UInt32(next), entry: next)
  }

  func release(_ rule: RuleHandle) throws(LeaseError) { rules[rule.entry] = nil }

  func spread(over queues: [Int]) throws(LeaseError) -> ContextHandle {
    guard contexts > 0 else {
      throw .context(SystemCallError(attempt: "make a context", call: "RSS_CREATE", errno: .notSupported))
    }
    contexts -= 1
    return ContextHandle(number: 1, entry: 0)
  }

  func release(_ context: ContextHandle) throws(LeaseError) { contexts += 1 }

  private func refusal(_ errno: Errno) -> LeaseError {
    .rule(SystemCallError(attempt: "insert a rule", call: "SRXCLSRLINS", errno: errno))
  }

  /// The rules' targets, those of single streams first.
  var targets: [FlowAction] {
    rules.sorted { $0.key < $1.key }.map(\.value.action)
  }
}

@Suite("Steering flows to the zero-copy queues")
struct FlowSteeringTests {
  private static func flows(_ count: Int) throws -> ([Flow], [LoopbackPair]) {
    let pairs = try (0..<count).map { _ in try LoopbackPair() }
    return (pairs.enumerated().map { Flow(socket: $1.far, id: $0 + 1, identified: 0) }, pairs)
  }

  @Test(
    "A rule table that is full once: one rule for the port takes the place of all, and the next test has rules again")
  func fullOnce() throws {
    let (flows, pairs) = try Self.flows(3)
    let table = Table(room: 2)
    let steering = FlowSteering(table, queues: [4, 5], method: .flow)
    steering.beginTest()
    #expect(flows.map(steering.steer) == [4, 5, 4])
    #expect(table.targets == [.queue(4), .queue(4)], "one for each family of addresses")
    let notes = steering.circumstances
    #expect(notes.count == 2, "\(notes)")
    #expect(notes[0].hasPrefix("the rule of stream 3 was refused ("))
    #expect(notes[0].hasSuffix("is used instead (--steer port), to which the rules of 2 streams gave way"))
    #expect(notes[1].hasPrefix("every stream goes to queue 4: no RSS context"))
    #expect(
      steering.arrivals([4, 4, nil])
        == "by the queue of their last packet: 2 streams on queue 4, 1 stream on a queue that is unknown")
    for flow in flows { steering.release(flow.id) }
    #expect(table.rules.count == 2)

    table.room = 8
    steering.beginTest()
    #expect(flows.map(steering.steer) == [4, 5, 4])
    #expect(table.targets == [.queue(4), .queue(5), .queue(4)], "the port has no rule any more")
    #expect(steering.circumstances == [])
    #expect(steering.arrivals([4, 5, 4]) == nil)
    withExtendedLifetime(pairs) {}
  }

  @Test("Rules of streams stay beside one for the port where there is room for it")
  func refusedOnce() throws {
    let (flows, pairs) = try Self.flows(2)
    let table = Table(room: 8)
    table.contexts = 1
    let steering = FlowSteering(table, queues: [4, 5], method: .flow)
    #expect(steering.steer(flows[0]) == 4)
    table.tupleRefusal = .notSupported
    #expect(steering.steer(flows[1]) == nil, "the context's table decides")
    #expect(table.targets == [.queue(4), .context(1, firstQueue: 0), .context(1, firstQueue: 0)])
    #expect(steering.circumstances.count == 1)

    // Refused for good: the rule of the port stays, and each test is told why.
    steering.beginTest()
    #expect(steering.circumstances == [])
    #expect(steering.steer(flows[0]) == nil)
    #expect(steering.circumstances.count == 1)
    #expect(table.targets.count == 3)
    withExtendedLifetime(pairs) {}
  }

  @Test("Where no rule is accepted, rules that were removed come back and every stream without one is named")
  func noRoomAtAll() throws {
    let (flows, pairs) = try Self.flows(3)
    let table = Table(room: 1)
    let steering = FlowSteering(table, queues: [4], method: .flow)
    #expect(steering.steer(flows[0]) == 4)
    table.room = 0
    #expect(steering.steer(flows[1]) == nil)
    #expect(steering.steer(flows[2]) == nil)
    let notes = steering.circumstances
    #expect(notes.count == 3, "\(notes)")
    #expect(notes[0].contains(", and one for port \(try #require(flows[1].local).port) too ("))
    #expect(notes[1].hasPrefix("stream 1 has no flow rule (it was removed for one of the port"))
    #expect(notes[2] == "streams 2, 3 have no flow rule (none was accepted): RSS chooses the queue")
    table.room = 3
    steering.beginTest()
    #expect(flows.map(steering.steer) == [4, 4, 4])
    withExtendedLifetime(pairs) {}
  }

  @Test("There is room for one family: that of the stream has it, and a stream of the other is named")
  func oneFamily() throws {
    let (flows, pairs) = try Self.flows(1)
    let table = Table(room: 1)
    table.tupleRefusal = .notSupported
    let steering = FlowSteering(table, queues: [4], method: .flow)
    #expect(steering.steer(flows[0]) == 4)
    #expect(
      table.rules.values.first?.specification
        == .tcp(TCPFlow(isIPv6: false, destinationPort: try #require(flows[0].local).port)))
    #expect(steering.circumstances.contains { $0.hasPrefix("IPv6 is not steered") })
    withExtendedLifetime(pairs) {}
  }
}
