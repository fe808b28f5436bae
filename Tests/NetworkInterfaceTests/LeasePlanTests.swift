import Linux
import SeededRandomness
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Planning a lease")
struct LeasePlanTests {
  private typealias States = LeaseStates

  private func commands(_ state: InterfaceState, _ queues: [Int], ring: Int? = nil) throws -> [String] {
    try LeasePlan.make(LeaseWish(queues: queues, receiveRing: ring), in: state).commands(for: "eth0")
  }

  private func refusal(
    _ queues: [Int] = [7], ring: Int? = nil, _ state: InterfaceState = LeaseStates.ready,
    _ change: (inout InterfaceState) -> Void = { _ in }
  ) -> LeaseRefusal? {
    do throws(LeaseRefusal) {
      _ = try LeasePlan.make(LeaseWish(queues: queues, receiveRing: ring), in: States.change(state, change))
      return nil
    } catch {
      return error
    }
  }

  @Test("Nothing is planned where all is as wished")
  func nothing() throws {
    #expect(try commands(States.ready, [7]) == [])
    #expect(try commands(States.ready, [7], ring: 256) == [])
  }

  @Test("bnxt_en: the split is switched on whatever it says, and goes back to automatic")
  func bnxt() throws {
    let plan = try LeasePlan.make(LeaseWish(queues: [7]), in: States.bnxt)
    #expect(
      plan.commands(for: "eth0") == [
        "ethtool -G eth0 tcp-data-split on hds-thresh 0", "ethtool -X eth0 weight 19 19 18 18 18 18 18",
      ])
    #expect(plan.changes.first?.inverse.command(for: "eth0") == "ethtool -G eth0 tcp-data-split auto hds-thresh 256")
    #expect(plan.changes.last?.inverse.command(for: "eth0") == "ethtool -X eth0 default")
    // Who has set the threshold to 0 has prepared it by hand: nothing to go back to.
    let prepared = States.change(States.bnxt) {
      $0.rings = .known(States.rings(511, maximum: 2047, split: .enabled, threshold: 0))
    }
    #expect(
      try LeasePlan.make(LeaseWish(queues: [7]), in: prepared).changes.first
        == .rings(from: .init(split: .enabled), to: .init(split: .enabled)))
    let ours = States.change(prepared) { $0.splitIsOurs = true }
    #expect(try LeasePlan.make(LeaseWish(queues: [7]), in: ours).changes.count == 1)
  }

  @Test("gve: no threshold, ntuple on, never queue 0")
  func gve() throws {
    #expect(
      try commands(States.gve, [1]).prefix(2) == [
        "ethtool -G eth0 tcp-data-split on", "ethtool -K eth0 rx-ntuple-filter on",
      ])
    #expect(refusal([1, 0], States.gve)?.reason == .queueCannotRestart)
    #expect(refusal([0], States.fbnic) == nil)
    #expect(refusal([1], ring: 1000, States.gve)?.reason == .ringSize)
    #expect(try commands(States.gve, [1], ring: 512).first == "ethtool -G eth0 rx 512 tcp-data-split on")
    // What it does not report, it cannot.
    let without = States.change(States.gve) {
      $0.rings = .known(States.rings(1024, maximum: 4096, split: nil, threshold: nil))
    }
    #expect(refusal([1], without)?.reason == .noDataSplit && refusal([1], without)?.fix == nil)
    #expect(refusal([1], without)?.what.contains("cannot split headers from payload") == true)
    let noRules = States.change(States.gve) { $0.flowRules = .refused(SimulatedDevice.notSupported) }
    #expect(refusal([1], noRules)?.fix?.contains("--steer none") == true)
  }

  @Test("mlx5_core: hardware GRO comes before the split, and ntuple stays off")
  func mlx5() throws {
    #expect(
      try commands(States.mlx5, [7]).prefix(2) == [
        "ethtool -K eth0 rx-gro-hw on", "ethtool -G eth0 tcp-data-split on",
      ])
    #expect(try commands(States.mlx5, [7]).count == 3)
    #expect(
      refusal([7], States.mlx5) { $0.features = .known(FeatureStates(fixed: ["rx-gro-hw"])) }?.reason == .noHardwareGRO)
    #expect(try commands(States.mlx5, [7], ring: 600).contains("ethtool -G eth0 tcp-data-split on"))
    #expect(try commands(States.mlx5, [7], ring: 200).contains("ethtool -G eth0 rx 256 tcp-data-split on"))
  }

  @Test("fbnic: the threshold, and payload in the jumbo ring")
  func fbnic() throws {
    #expect(try commands(States.fbnic, [7]).first == "ethtool -G eth0 tcp-data-split on hds-thresh 0")
    #expect(
      try commands(States.fbnic, [7], ring: 100).first == "ethtool -G eth0 rx-jumbo 128 tcp-data-split on hds-thresh 0")
  }

  @Test("Channels are added for a queue there is not, and for other connections")
  func channels() throws {
    #expect(try commands(States.ready, [9]) == ["ethtool -L eth0 combined 10"])
    #expect(try commands(States.bnxt, [8, 9]).first == "ethtool -L eth0 combined 10")
    #expect(try commands(States.bnxt, Array(0..<8)).first == "ethtool -L eth0 combined 9")
    #expect(try commands(States.bnxt, Array(0..<7)).first != "ethtool -L eth0 combined 8")
    let single = States.change(States.bnxt) {
      $0.channels = States.queues(1, of: 8)
      $0.spreading = .known(ReceiveSideScaling(table: [0, 0, 0, 0]))
    }
    #expect(try commands(single, [0]).first == "ethtool -L eth0 combined 2")
    #expect(try commands(single, [1]).last == "ethtool -X eth0 weight 4")
    let separate = States.change(States.ready) {
      $0.channels = .known(ChannelCounts(receive: 4, transmit: 4, receiveMaximum: 8, transmitMaximum: 8))
      $0.spreading = .known(ReceiveSideScaling(table: [0, 1, 2, 3]))
    }
    #expect(try commands(separate, [5]) == ["ethtool -L eth0 rx 6"])
  }

  @Test("Refusals, each with its reason")
  func refusals() {
    #expect(refusal([])?.reason == .noQueue)
    #expect(refusal { $0.link.isUp = false }?.fix == "ip link set dev eth0 up")
    #expect(
      refusal { $0.link.expressDataPath = ExpressDataPathProgram(mode: .driver, programs: [4]) }?.reason
        == .expressDataPath)
    #expect(
      refusal([0]) {
        $0.channels = LeaseStates.queues(1, of: 1)
        $0.receiveQueueCapacity = 1
      }?.reason == .oneChannel)
    #expect(refusal([16])?.reason == .queueBeyondMaximum)
    #expect(refusal(Array(0..<16))?.reason == .noOtherQueue)
    #expect(refusal { $0.holders = [7: "an AF_XDP socket"] }?.reason == .queueHeld)
    #expect(refusal { $0.holders = [6: "an AF_XDP socket"] } == nil)
    let unsupported = SystemCallError(attempt: "read", call: "x", errno: .notSupported)
    #expect(refusal { $0.rings = .refused(unsupported) }?.reason == .noDataSplit)
    #expect(refusal { $0.flowRules = .refused(unsupported) }?.reason == .noFlowRules)
    #expect(refusal { $0.features = .known(FeatureStates()) }?.reason == .noFlowRules)
    #expect(refusal { $0.spreading = .refused(unsupported) }?.reason == .noSpreading)
    #expect(
      refusal { $0.furtherSpreading = .known([ReceiveSideScaling(context: 2, table: [6, 7])]) }?.reason
        == .contextUsesQueue)
    #expect(refusal { $0.furtherSpreading = .known([ReceiveSideScaling(context: 2, table: [5, 6])]) } == nil)
    #expect(refusal(ring: 5000)?.reason == .ringSize)
  }

  @Test("A user's rule that leads to our queue is named; one that leads elsewhere is nobody's business")
  func rules() {
    func state(_ action: FlowAction) -> InterfaceState {
      States.change(States.ready) {
        $0.flowRules = .known(
          FlowRuleTable(rules: [FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 80)), to: action, location: 3)]))
      }
    }
    #expect(refusal([7], state(.queue(7)))?.fix?.contains("delete 3") == true)
    #expect(refusal([7], state(.queue(6))) == nil)
    #expect(refusal([7], state(.drop)) == nil)
  }

  @Test("A user's table that cannot be resized is refused before the channels change")
  func tableSizes() throws {
    // 100 queues: two blocks of 64; 130 need three, and 192 is no multiple of 128.
    let user = States.change(States.bnxt) {
      $0.channels = States.queues(100, of: 200)
      $0.spreading = .known(ReceiveSideScaling(table: (0..<128).map { UInt32($0 % 2) }))
    }
    #expect(refusal([129], user)?.reason == .tableCannotBeResized)
    #expect(
      refusal(
        [129],
        States.change(user) {
          $0.spreading = .known(ReceiveSideScaling(table: SpreadingTable.standard(size: 128, queues: 100)))
        }) == nil)
    #expect(refusal([101], user) == nil)
  }

  @Test("Every peculiarity has a reason and a source, and is of a driver that is known to be capable")
  func peculiarities() {
    for row in DriverPeculiarity.all {
      #expect(!row.reason.isEmpty && row.source.contains(".c"))
      #expect(KnownDriver.named(row.driver)?.support == .capable)
    }
  }
}

@Suite("RSS tables")
struct SpreadingTableTests {
  @Test("Others keep their entries, and share what was ours in proportion to their weights")
  func moved() {
    let table: [UInt32] = [0, 1, 2, 3, 0, 1, 2, 3]
    #expect(SpreadingTable.moved(table, off: [3], queues: 4) == [0, 1, 2, 0, 0, 1, 2, 1])
    // 6 entries to 2: of 4 more, 3 and 1.
    let weighted: [UInt32] = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2]
    #expect(SpreadingTable.weights(SpreadingTable.moved(weighted, off: [2], queues: 3) ?? []) == [9, 3])
    #expect(SpreadingTable.moved([1, 1], off: [1], queues: 3) == [0, 2])
    #expect(SpreadingTable.moved([0, 0], off: [0], queues: 1) == nil)
  }

  @Test("Tables are repeated and folded, or not resized at all")
  func resized() {
    #expect(SpreadingTable.resized([0, 1], to: 4) == [0, 1, 0, 1])
    #expect(SpreadingTable.resized([0, 1, 0, 1], to: 2) == [0, 1])
    #expect(SpreadingTable.resized([0, 1, 1, 0], to: 2) == nil)
    #expect(SpreadingTable.resized([0, 1], to: 3) == nil)
  }
}

@Suite("What a plan does")
struct LeasePlanPropertyTests {
  @Test("Applied, it gives the wish, of which nothing is left to plan; its inverses in reverse give the original")
  func property() throws {
    var random = SplitMix64(seed: 20_251_121)
    var planned = 0
    for _ in 0..<2000 {
      let state = LeasePlanPropertyTests.state(&random)
      let queues = Set((0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0..<18, using: &random) })
      let ring = Bool.random(using: &random) ? nil : 1 << Int.random(in: 6...10, using: &random)
      let wish = LeaseWish(queues: queues.sorted(), receiveRing: ring)
      guard let plan = try? LeasePlan.make(wish, in: state) else { continue }
      planned += 1
      let device = SimulatedDevice(state)
      for change in plan.changes {
        _ = try device.apply(change)
        #expect(change.isInEffect(in: device.state), "\(change) of \(plan) for \(wish) in \(state)")
      }
      expect(device.state, is: wish)
      var after = device.state
      after.splitIsOurs = true
      #expect(try LeasePlan.make(wish, in: after).changes == [])
      for change in plan.changes.reversed() {
        if let back = change.undoing(in: device.state).change { _ = try device.apply(back) }
      }
      #expect(device.state == state, "\(plan.commands(for: "eth0"))")
      #expect(device.configuredSplit != .enabled || plan.changes.allSatisfy { $0.inverse.leavesSplitOn })
    }
    #expect(planned > 500)
  }

  private func expect(_ state: InterfaceState, is wish: LeaseWish) {
    #expect(wish.queues.allSatisfy { $0 < state.receiveQueues && !state.table.contains(UInt32($0)) })
    #expect(state.table.allSatisfy { $0 < state.receiveQueues } && !state.table.isEmpty)
    #expect(state.rings.value?.tcpDataSplit == .enabled)
    #expect(state.rings.value?.headerDataSplitThreshold ?? 0 == 0)
    #expect(state.driver == "mlx5_core" || state.features.value?.active.contains("rx-ntuple-filter") == true)
  }

  private static func state(_ random: inout SplitMix64) -> InterfaceState {
    var state = (LeaseStates.all + [LeaseStates.ready]).randomElement(using: &random) ?? LeaseStates.ready
    let queues = Int.random(in: 1...16, using: &random)
    state.channels = LeaseStates.queues(queues, of: 16)
    let size = state.table.count
    state.spreading = .known(
      ReceiveSideScaling(
        table: Bool.random(using: &random)
          ? SpreadingTable.standard(size: size, queues: queues)
          : (0..<size).map { _ in UInt32.random(in: 0..<UInt32(queues), using: &random) }))
    return state
  }
}

extension LeaseChange {
  fileprivate var leavesSplitOn: Bool {
    if case .rings(_, let to) = self { to.split == nil || to.split == .enabled } else { true }
  }
}
