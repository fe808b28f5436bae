import Linux
import NetworkInterface
import SystemPackage
import Testing

@testable import Benchmark

@Suite("The doctor's forecast of the server's preparation")
struct PreparationTests {
  /// Constructed; what each driver does is told by `LeasePlan`'s own tests, with their sources. Queue 3 of four is the
  /// one that is wanted; rings and the ntuple feature are off, the table is the driver's.
  private func untouched(_ driver: String = "frobnic") -> InterfaceState {
    var rings = RingParameters()
    (rings.tcpDataSplit, rings.headerDataSplitThreshold) = (.disabled, 256)
    return InterfaceState(
      interface: "eth0", driver: driver, link: LinkState(isUp: true, hasCarrier: true), receiveQueueCapacity: 8,
      channels: .known(ChannelCounts(combined: 4, combinedMaximum: 8)), rings: .known(rings),
      features: .known(FeatureStates(changeable: ["rx-ntuple-filter", "rx-gro-hw"])),
      spreading: .known(ReceiveSideScaling(table: [0, 1, 2, 3, 0, 1, 2, 3])), furtherSpreading: .known([]),
      flowRules: .known(FlowRuleTable(size: 16)))
  }

  private func preparation(
    _ queue: Int = 3, of driver: String = "frobnic", _ change: (inout InterfaceState) -> Void = { _ in }
  ) -> Preparation {
    var state = untouched(driver)
    change(&state)
    return Preparation(LeaseWish(queues: [queue]), in: state)
  }

  /// What becomes of a line that was judged without a preparation.
  private func judged(
    _ preparation: Preparation, _ name: String, _ state: Check.State = .problem
  ) -> Check {
    var check = Check(name, name, state, "in the way", fix: "by hand")
    check.present = "now"
    return preparation.judged(check, of: "eth0")
  }

  private let rule = FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 80)), to: .queue(3), location: 5)

  @Test("Each difference that setup mends is a line of its own, with the command setup runs")
  func differences() throws {
    let prepared = preparation(5, of: "mlx5_core")
    let commands = try #require(prepared.commands(for: "eth0"))
    try #require(commands.count == 4)
    let lines = ["queues", "hardware_gro", "data_split", "threshold", "rss"].map { judged(prepared, $0) }
    #expect(lines.allSatisfy { $0.state == .changedBySetup && $0.what == "now" })
    #expect(lines.map(\.fix) == [0, 1, 2, 2, 3].map { commands[$0] })
    #expect(commands[2] == "ethtool -G eth0 tcp-data-split on hds-thresh 0")
    #expect(judged(preparation(), "flow_rules", .warning).fix == "ethtool -K eth0 rx-ntuple-filter on")
  }

  @Test("Nothing is to be changed where nothing is, and no command is told")
  func nothing() {
    let prepared = preparation { state in
      var rings = RingParameters()
      (rings.tcpDataSplit, rings.headerDataSplitThreshold) = (.enabled, 0)
      state.rings = .known(rings)
      state.features = .known(FeatureStates(active: ["rx-ntuple-filter"]))
      state.spreading = .known(ReceiveSideScaling(table: [0, 1, 2, 0]))
    }
    #expect(prepared.commands(for: "eth0") == [])
    #expect(judged(prepared, "rss", .ok).state == .ok)
    #expect(judged(prepared, "threshold", .ok).what == "in the way")
  }

  @Test("A split that the driver reports either way is fine where this tool has set it")
  func ownSplit() {
    func line(isOurs: Bool) -> Check {
      judged(
        preparation(of: "bnxt_en") { state in
          var rings = RingParameters()
          (rings.tcpDataSplit, rings.headerDataSplitThreshold) = (.enabled, 0)
          state.rings = .known(rings)
          state.splitIsOurs = isOurs
        }, "data_split", .warning)
    }
    #expect(line(isOurs: true).state == .ok)
    #expect(line(isOurs: false).state == .changedBySetup)
  }

  @Test("A user's rule and a user's context are in the way, each with its fix, beside what setup mends")
  func users() {
    let prepared = preparation { state in
      state.flowRules = .known(FlowRuleTable(rules: [rule, rule, rule], size: 16))
      state.furtherSpreading = .known([ReceiveSideScaling(context: 2, table: [2, 3])])
    }
    #expect(prepared.commands(for: "eth0") == nil)
    #expect(prepared.refusals.map(\.reason) == [.contextUsesQueue] + Array(repeating: .ruleUsesQueue, count: 3))
    let rules = judged(prepared, "queue_rules", .ok)
    #expect(rules.state == .problem)
    #expect(rules.what.hasSuffix("; 1 more"))
    #expect(rules.fix?.contains("ethtool -N eth0 delete 5") == true)
    let spread = judged(prepared, "rss", .warning)
    #expect(spread.state == .problem)
    #expect(spread.fix?.contains("ethtool -X eth0 context 2 delete") == true)
    #expect(judged(prepared, "data_split").state == .changedBySetup)
    #expect(preparation { $0.flowRules = .known(FlowRuleTable(rules: [rule])) }.refusals.count == 1)
  }

  @Test("What stands in the way of setup itself is told as it was found, and all of it")
  func obstacles() {
    let prepared = preparation { state in
      state.link.isUp = false
      state.link.expressDataPath = ExpressDataPathProgram(mode: .driver, programs: [7])
      state.holders = [3: "an io_uring"]
    }
    #expect(prepared.refusals.map(\.reason) == [.linkDown, .expressDataPath, .queueHeld])
    for name in ["link", "xdp", "holder"] {
      #expect(judged(prepared, name) == Check(name, name, .problem, "in the way", fix: "by hand").with(present: "now"))
      // Should the reading have missed it.
      #expect(judged(prepared, name, .ok).state == .problem)
    }
    #expect(judged(prepared, "threshold").state == .changedBySetup)
  }

  @Test("What no command mends cannot be, and then nothing is promised")
  func impossible() {
    let refused = Reading<FlowRuleTable>.refused(
      SystemCallError(attempt: "read the rules", call: "ETHTOOL_GRXCLSRLCNT", errno: .notSupported))
    let prepared = preparation { $0.flowRules = refused }
    // The user can steer by other means.
    #expect(judged(prepared, "flow_rules", .warning).state == .problem)
    #expect(judged(prepared, "flow_rules", .warning).fix?.contains("--steer none") == true)
    #expect(judged(prepared, "data_split").state == .problem)
    #expect(prepared.plan == nil)
    let gve = preparation(of: "gve") { $0.rings = .known(RingParameters()) }
    #expect(judged(gve, "data_split", .warning).state == .impossible)
    #expect(gve.plan == nil)
    let single = preparation(0) { $0.channels = .known(ChannelCounts(combined: 1, combinedMaximum: 1)) }
    #expect(judged(single, "queues", .warning).state == .impossible)
    // Another queue can be chosen.
    #expect(judged(preparation(0, of: "gve"), "queues").state == .problem)
    #expect(judged(preparation(9), "queues").state == .problem)
  }

  // MARK: Tenants

  private func checks(
    _ tenancy: LeaseTenancy, prepares: Bool = true, rules: [FlowRule] = []
  ) -> TenancyChecks {
    TenancyChecks(
      interface: "eth0", queue: 3, flowRules: .known(FlowRuleTable(rules: rules)), tenancy: .known(tenancy),
      preparesInterface: prepares)
  }

  @Test("A living tenant is in the way of a server that prepares; a dead one is put back first")
  func tenants() {
    func state(_ tenant: LeaseTenancy.Tenant, prepares: Bool = true) -> Check.State {
      checks(LeaseTenancy(tenant), prepares: prepares).lease.state
    }
    let tenants: [LeaseTenancy.Tenant] = [.nobody, .process(812), .dead, .kept, .stale("it is of another boot")]
    #expect(tenants.map { state($0) } == [.ok, .problem, .changedBySetup, .ok, .ok])
    #expect(tenants.map { state($0, prepares: false) } == [.ok, .warning, .warning, .ok, .ok])
    #expect(
      checks(LeaseTenancy(.process(812), queues: [1, 2])).lease.what == "process 812 uses the interface for queues 1, 2"
    )
    #expect(checks(LeaseTenancy(.dead)).lease.fix == "zcrx-bench nic restore -i eth0")
  }

  @Test("A journal that may not be read leaves its line unknown")
  func unread() {
    var checks = checks(LeaseTenancy(.nobody))
    checks = TenancyChecks(
      interface: "eth0", queue: 3, flowRules: checks.flowRules,
      tenancy: .refused(SystemCallError(attempt: "look at it", call: "stat", errno: .permissionDenied)),
      preparesInterface: true)
    #expect(checks.lease.state == .unknown)
  }

  @Test("Rules that lead to the queue are named with their owner")
  func owners() {
    func line(_ tenancy: LeaseTenancy, _ rules: [FlowRule], prepares: Bool = true) -> Check {
      checks(tenancy, prepares: prepares, rules: rules).rules
    }
    let elsewhere = FlowRule(rule.specification, to: .queue(2), location: 6)
    #expect(line(LeaseTenancy(.nobody), [elsewhere]).what == "none")
    #expect(line(LeaseTenancy(.nobody), [rule]).what == "rule 5 leads to queue 3")
    let living = line(LeaseTenancy(.process(812), rules: [rule]), [rule, elsewhere])
    #expect(living.what == "rule 5 leads to queue 3, of process 812")
    #expect(living.state == .problem)
    let dead = LeaseTenancy(.dead, rules: [rule])
    #expect(line(dead, [rule]).state == .changedBySetup)
    #expect(line(dead, [rule], prepares: false).state == .warning)
    var second = rule
    second.location = 9
    #expect(line(dead, [rule, second]).what == "rules 5, 9 lead to queue 3")
  }
}

extension Check {
  fileprivate func with(present: String) -> Check {
    var check = self
    check.present = present
    return check
  }
}
