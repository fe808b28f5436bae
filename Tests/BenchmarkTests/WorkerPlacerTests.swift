import Metering
import Report
import Testing

@testable import Benchmark

@Suite("Where a worker is put")
struct WorkerPlacerTests {
  /// Constructed: two sockets of four cores, two threads each, numbered as Linux does on x86: first threads first.
  private static let twoSockets = CPUTopology(
    present: Array(0..<16), online: Array(0..<16),
    nodes: NumaTopology(nodes: [0: [0, 1, 2, 3, 8, 9, 10, 11], 1: [4, 5, 6, 7, 12, 13, 14, 15]]),
    siblings: Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, [$0 % 8, $0 % 8 + 8]) }))
  /// Constructed: a virtual machine that tells of no node and no sibling.
  private static let plain = CPUTopology(present: [0, 1], online: [0, 1])

  private func place(
    _ wish: PlacementWish, _ served: [ServingCPU], on topology: CPUTopology = twoSockets, allowed: [Int]? = nil,
    interfaceNode: Int? = nil, queues: Bool = true
  ) -> [WorkerPlacementReport] {
    var placer = WorkerPlacer(wish, topology: topology, allowed: allowed ?? topology.online)
    placer.interfaceNode = interfaceNode
    placer.hasQueues = queues
    placer.serving = Set(served.compactMap(\.cpu))
    return served.enumerated().map { placer.place($0, $1) }
  }

  private func by(_ cpu: Int, queue: Int = 3) -> ServingCPU { .known(cpu, .interrupt, what: "queue \(queue)") }
  private let unknown = ServingCPU.unknown("interrupt 45 of queue 3 may go to CPUs 0-15")

  @Test("same is the CPU that serves, whoever else runs there")
  func same() {
    let places = place(.same, [by(5), by(5, queue: 4)])
    #expect(places.map(\.cpu) == [5, 5] && places.map(\.relation) == [.same, .same])
    #expect(places.map(\.numaNode) == [1, 1] && places[0].serving?.numaNode == 1)
    #expect(places[0].reason == "the CPU that serves queue 3")
    #expect(places[1].reason.hasSuffix("another worker runs there too"))
  }

  @Test("same without leave to run there, or without knowing where, binds to nothing and says so")
  func impossibleSame() {
    let forbidden = place(.same, [by(5)], allowed: [0, 1])[0]
    #expect(forbidden.cpu == nil && forbidden.relation == nil && forbidden.serving?.cpu == 5)
    #expect(forbidden.reason.contains("CPU 5") && forbidden.reason.hasPrefix("not bound"))
    let nowhere = place(.same, [unknown])[0]
    #expect(nowhere.cpu == nil && nowhere.serving == nil && nowhere.reason.contains("may go to CPUs 0-15"))
  }

  @Test("other is of the same node and another core, and does not serve another queue while there is a choice")
  func other() {
    let places = place(.other, [by(4), by(5), by(6)])
    // Of the four cores one serves nothing: its threads come first.
    #expect(places.map(\.cpu) == [7, 15, 12])
    #expect(places.map(\.relation) == [.sameNode, .sameNode, .sameNode])
  }

  @Test(
    "other takes a sibling where the node has nothing else, and another node last",
    arguments: [
      ([4, 12], 12, WorkerPlacementReport.Relation.sibling), ([0, 4], 0, .otherNode), ([4, 5, 12], 5, .sameNode),
    ])
  func scarce(allowed: [Int], cpu: Int, relation: WorkerPlacementReport.Relation) {
    let worker = place(.other, [by(4)], allowed: allowed)[0]
    #expect(worker.cpu == cpu && worker.relation == relation)
  }

  @Test("other with one CPU binds to nothing and says so")
  func alone() {
    let worker = place(.other, [by(0)], on: CPUTopology(present: [0], online: [0]))[0]
    #expect(worker.cpu == nil && worker.reason.contains("the only one"))
  }

  @Test("Two workers beside one CPU that serves both do not share one while there is another")
  func spread() {
    #expect(place(.other, [by(0), by(0), by(0)], allowed: [0, 1, 2]).map(\.cpu) == [1, 2, 1])
  }

  @Test("none binds nothing; a list is taken as it stands, and what is beyond it is not bound")
  func listed() {
    #expect(place(.none, [by(0), unknown]).map(\.cpu) == [nil, nil])
    let places = place(.cpus([12, 0]), [by(4), by(4), by(4)])
    #expect(places.map(\.cpu) == [12, 0, nil])
    #expect(places.map(\.relation) == [.sibling, .otherNode, nil])
    #expect(places[2].reason.contains("2 CPUs in the list"))
  }

  @Test("Without a wish workers of queues go to the interface's node, beside the CPUs that serve")
  func automatic() {
    #expect(place(.automatic, [by(4), by(5)], interfaceNode: 1).map(\.cpu) == [6, 7])
    // The interrupt is on the wrong node: the memory is near the interface all the same.
    let far = place(.automatic, [by(0)], interfaceNode: 1)[0]
    #expect(far.cpu == 4 && far.relation == .otherNode)
    #expect(place(.automatic, [by(4)], allowed: [0, 4], interfaceNode: 1)[0].cpu == 4)
    #expect(place(.automatic, [unknown, unknown], interfaceNode: 1).map(\.cpu) == [4, 5])
  }

  @Test("Without a wish and without knowledge they take the CPUs in turn, and those beyond are not bound")
  func ignorant() {
    let places = place(.automatic, [unknown, unknown, unknown], on: WorkerPlacerTests.plain)
    #expect(places.map(\.cpu) == [0, 1, nil])
    #expect(places[2].reason.contains("more workers than the 2 CPUs"))
    // Sockets take them in turn whoever serves.
    #expect(place(.automatic, [by(0), by(1)], on: WorkerPlacerTests.plain, queues: false).map(\.cpu) == [0, 1])
    #expect(place(.automatic, [by(0)], on: WorkerPlacerTests.plain)[0].cpu == 1)
  }

  @Test(
    "CPUs that are offline or belong to another cpuset are never chosen",
    arguments: [PlacementWish.other, .automatic])
  func restricted(wish: PlacementWish) {
    let allowed = [2, 9, 13]
    for serving in 0..<16 {
      for place in place(wish, [by(serving), by(serving)], allowed: allowed, interfaceNode: 0) {
        #expect(place.cpu.map(allowed.contains) ?? true)
      }
    }
  }

  @Test("A worker the kernel would not bind is on no CPU, and the report says why")
  func refused() {
    let refusal = PollingTests.refusal
    let place = place(.same, [by(4)])[0].asRefused(by: refusal)
    #expect(place.cpu == nil && place.relation == nil && place.serving != nil)
    #expect(place.reason.contains("\(refusal)"))
  }

  @Test("What is known of a queue: one CPU, several, a thread, nothing")
  func services() {
    func serving(_ cpus: [Int], thread: UInt32? = nil, interrupt: UInt32? = 45) -> ServingCPU {
      ServingCPU(.init(queue: 3, napi: 8201, interrupt: interrupt, thread: thread, cpus: cpus))
    }
    #expect(serving([7]) == .known(7, .interrupt, what: "queue 3"))
    #expect(serving([7, 8, 9]) == .unknown("interrupt 45 of queue 3 may go to CPUs 7-9"))
    #expect(serving([7], thread: 812) == .unknown("queue 3 is polled in a thread"))
    #expect(serving([], interrupt: nil).cpu == nil)
  }

  @Test("A listed CPU that cannot be used is refused with the reason that holds")
  func impossibleLists() {
    func refusal(_ cpu: Int) -> String? {
      let topology = CPUTopology(present: Array(0..<8), online: [0, 1, 2, 3])
      let error = #expect(throws: BenchmarkError.self) {
        try CPUPlacement(workers: nil, .cpus([0, cpu]), allowed: [0, 1], topology: topology)
      }
      #expect(error?.exitStatus == .usage)
      return error?.description
    }
    #expect(refusal(8)?.contains("no such CPU, it has 0-7") == true)
    #expect(refusal(5)?.contains("it is offline — echo 1 > /sys/devices/system/cpu/cpu5/online") == true)
    #expect(refusal(2)?.contains("not allowed for this process (taskset, cpuset) — allowed are 0-1") == true)
  }

  @Test("A list with fewer CPUs than there are queues, and other with one CPU, are usage errors")
  func tooFew() throws {
    let placement = try CPUPlacement(
      workers: nil, .cpus([0, 1]), allowed: [0, 1], topology: WorkerPlacerTests.plain)
    try placement.check(queues: 2)
    let error = #expect(throws: BenchmarkError.self) { try placement.check(queues: 3) }
    #expect(error?.exitStatus == .usage && error?.description.contains("3 zero-copy queues") == true)
    let alone = #expect(throws: BenchmarkError.self) {
      try CPUPlacement(workers: nil, .other, allowed: [3], topology: WorkerPlacerTests.plain)
    }
    #expect(alone?.exitStatus == .usage && alone?.description.contains("CPU 3 only") == true)
  }
}
