import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

/// States constructed from what each driver does; nobody recorded them from hardware.
private enum ConstructedState {
  static let root = Privileges(
    isInInitialUserNamespace: true, hasNetworkAdministration: true, hasMemoryLocking: true, lockedMemoryLimit: 8 << 20)

  /// A NIC as it must be: eight channels, split on, threshold 0, nobody on queue 7.
  static func ready(_ driver: String, queue: Int = 7) -> ReceiveState {
    var rings = RingParameters()
    rings.tcpDataSplit = .enabled
    rings.headerDataSplitThreshold = 0
    return ReceiveState(
      interface: "eth0", queue: queue, link: LinkState(isUp: true, hasCarrier: true), driver: driver,
      channels: .known(ChannelCounts(combined: 8, combinedMaximum: 16)), receiveQueueCapacity: 16, rings: .known(rings),
      features: .known(FeatureStates(changeable: ["rx-gro-hw"], active: ["rx-gro-hw"])),
      queueState: .known(QueueState(interfaceIndex: 2, number: queue, napi: 520)), privileges: root,
      areaBytes: 64 << 20)
  }

  /// Linux 7.3, bnxt_ethtool.c: RINGS_GET tells "enabled" because of the aggregation rings, and the threshold's default
  /// is the copy threshold, 256.
  static var bnxtAsBooted: ReceiveState {
    change(ready("bnxt_en")) { $0.rings = rings(.enabled, threshold: 256) }
  }

  /// Linux 7.3, gve_ethtool.c: the split is off by default, and there is no hds-thresh.
  static var gveAsBooted: ReceiveState {
    change(ready("gve", queue: 0)) { $0.rings = rings(.disabled, threshold: nil) }
  }

  /// Linux 7.3, mlx5 en_ethtool.c: split is off until rx-gro-hw is on; the threshold is fixed at 0.
  static var mlx5AsBooted: ReceiveState {
    change(ready("mlx5_core")) {
      $0.rings = rings(.disabled, threshold: 0)
      $0.features = .known(FeatureStates(changeable: ["rx-gro-hw"]))
    }
  }

  /// Linux 7.3, fbnic_ethtool.c: always split, with a threshold of 1536 by default.
  static var fbnicAsBooted: ReceiveState {
    change(ready("fbnic")) { $0.rings = rings(.enabled, threshold: 1536) }
  }

  static func rings(_ split: TCPDataSplit?, threshold: Int?) -> Reading<RingParameters> {
    var rings = RingParameters()
    rings.tcpDataSplit = split
    rings.headerDataSplitThreshold = threshold
    return .known(rings)
  }

  static func change(_ state: ReceiveState, _ change: (inout ReceiveState) -> Void) -> ReceiveState {
    var state = state
    change(&state)
    return state
  }
}

@Suite("What is in the way of zero-copy receive")
struct ReceivePreflightTests {
  private typealias State = ConstructedState

  private func findings(_ state: ReceiveState) -> [ReceiveFinding] { ReceivePreflight.findings(in: state) }

  /// The one finding there is after `change` of a state that has none.
  private func only(
    _ driver: String = "netkit", _ change: (inout ReceiveState) -> Void
  ) throws -> ReceiveFinding {
    let found = findings(State.change(State.ready(driver), change))
    #expect(found.count == 1, "\(found)")
    return try #require(found.first)
  }

  @Test("Nothing is found where all is as it must be", arguments: ["gve", "mlx5_core", "netkit"])
  func ready(driver: String) {
    #expect(findings(State.ready(driver)) == [])
  }

  @Test("What bnxt_en reports of the split is not believed")
  func bnxt() throws {
    let asBooted = findings(State.bnxtAsBooted)
    #expect(asBooted.map(\.subject) == [.tcpDataSplit, .headerDataSplitThreshold])
    #expect(asBooted.map(\.weight) == [.risk, .refusal])
    #expect(
      asBooted.map(\.fix) == [
        "ethtool -G eth0 tcp-data-split on", "ethtool -G eth0 hds-thresh 0 (ethtool 6.15 or newer)",
      ])
    #expect(findings(State.ready("bnxt_en")).map(\.weight) == [.risk])
  }

  @Test("gve as booted: no split, and queue 0 is none to choose")
  func gve() {
    let asBooted = findings(State.gveAsBooted)
    #expect(asBooted.map(\.subject) == [.tcpDataSplit, .queueSpecial])
    #expect(asBooted.map(\.answers) == [[.invalidArgument], [.outOfRange]])
    #expect(findings(State.ready("gve", queue: 1)) == [])
    let without = findings(State.change(State.ready("gve", queue: 1)) { $0.rings = State.rings(nil, threshold: nil) })
    #expect(without.map(\.subject) == [.tcpDataSplit])
    #expect(without.first?.what.contains("this NIC cannot split headers from payload") == true)
    #expect(without.first?.fix == nil)
    #expect(findings(State.ready("netkit", queue: 0)) == [])
  }

  @Test("mlx5_core as booted: no split, and none to be had without hardware GRO")
  func mlx5() {
    let asBooted = findings(State.mlx5AsBooted)
    #expect(asBooted.map(\.subject) == [.tcpDataSplit, .hardwareGRO])
    #expect(asBooted.last?.fix == "ethtool -K eth0 rx-gro-hw on")
    let fixed = State.change(State.mlx5AsBooted) { $0.features = .known(FeatureStates()) }
    #expect(findings(fixed).last?.fix == nil)
    let unread = State.change(State.mlx5AsBooted) { $0.features = .notOffered("ETHTOOL_MSG_FEATURES_GET") }
    #expect(findings(unread).last?.weight == .unchecked)
  }

  @Test("fbnic as booted: the threshold, and a split it reports whether anybody asked for it or not")
  func fbnic() {
    let asBooted = findings(State.fbnicAsBooted)
    #expect(asBooted.map(\.subject) == [.tcpDataSplit, .headerDataSplitThreshold])
    #expect(asBooted.map(\.weight) == [.risk, .refusal])
    #expect(asBooted.last?.what.contains("1536") == true)
    #expect(findings(State.ready("fbnic")).map(\.subject) == [.tcpDataSplit])
  }

  @Test(
    "A driver that cannot is named, with where that is known from",
    arguments: ["virtio_net", "ena", "ice", "idpf", "i40e", "veth", "lo", "netdevsim"])
  func incapable(driver: String) throws {
    let finding = try only { $0.driver = driver }
    #expect(finding.subject == .driver && finding.weight == .refusal && finding.answers == [.notSupported])
    #expect(finding.what.contains(driver))
    #expect(finding.check == KnownDriver.named(driver)?.source)
  }

  @Test("Of a driver that is not listed nothing is claimed")
  func unknownDriver() throws {
    #expect(try only { $0.driver = "frobnic" }.weight == .unchecked)
    #expect(try only { $0.driver = nil }.weight == .unchecked)
    #expect(Set(KnownDriver.all.map(\.name)).count == KnownDriver.all.count)
  }

  @Test("A link that is down hides who holds the queue, and each driver refuses in its own way")
  func down() throws {
    let gone = SystemCallError(attempt: "read", call: "NETDEV_CMD_QUEUE_GET", errno: .noSuchFileOrDirectory)
    for (driver, errno) in [
      ("fbnic", Errno.networkDown), ("gve", .resourceTemporarilyUnavailable), ("mlx5_core", .notSupported),
    ] {
      let found = findings(
        State.change(State.ready(driver)) {
          $0.link.isUp = false
          $0.queueState = .refused(gone)
        })
      let finding = try #require(found.first { $0.weight == .refusal })
      #expect(found.filter { $0.weight == .refusal }.count == 1)
      #expect(finding.subject == .link && finding.fix == "ip link set dev eth0 up")
      #expect(finding.answers.contains(errno))
    }
    #expect(try only { $0.link.hasCarrier = false }.weight == .risk)
  }

  @Test("An XDP program is taken off in the mode it is in")
  func expressDataPath() throws {
    let finding = try only { $0.link.expressDataPath = ExpressDataPathProgram(mode: .generic, programs: [42]) }
    #expect(finding.subject == .expressDataPath && finding.answers == [.fileExists])
    #expect(finding.check.contains("42"))
    #expect(finding.fix == "ip link set dev eth0 xdpgeneric off")
    let driver = try only { $0.link.expressDataPath = ExpressDataPathProgram(mode: .driver, programs: [1]) }
    #expect(driver.fix == "ip link set dev eth0 xdpdrv off")
  }

  @Test("Whoever holds the queue is named, with the answer that follows")
  func holders() throws {
    func finding(_ change: (inout QueueState) -> Void) throws -> ReceiveFinding {
      var queue = QueueState(interfaceIndex: 2, number: 7)
      change(&queue)
      return try only { $0.queueState = .known(queue) }
    }
    #expect(try finding { $0.ring = QueueState.RingProvider() }.answers == [.fileExists])
    #expect(try finding { $0.dmaBuffer = 3 }.answers == [.fileExists])
    #expect(try finding { $0.isExpressDataPathSocket = true }.answers == [.resourceBusy])
    #expect(try finding { $0.lease = QueueLease(interfaceIndex: 9, queue: 1) }.answers == [.resourceBusy])
    #expect(try only { $0.queueState = .notOffered("NETDEV_CMD_QUEUE_GET") }.weight == .unchecked)
  }

  @Test("A queue there is not comes with the command that makes it")
  func queueRange() throws {
    let beyond = SystemCallError(attempt: "read", call: "NETDEV_CMD_QUEUE_GET", errno: .invalidArgument)
    let possible = try only("mlx5_core") {
      $0.queue = 12
      $0.queueState = .refused(beyond)
    }
    #expect(possible.subject == .queueRange && possible.answers.contains(.outOfRange))
    #expect(possible.fix == "ethtool -L eth0 combined 13")
    #expect(possible.what == "there is no queue 12: eth0 has 8 receive queues (0-7)")
    let impossible = try only("mlx5_core") {
      $0.queue = 16
      $0.queueState = .refused(beyond)
    }
    #expect(impossible.fix == "choose one of these with -q")
    #expect(findings(State.ready("netkit", queue: 7)) == [])
    #expect(try only("mlx5_core") { $0.queue = 8 }.subject == .queueRange)
  }

  @Test("Split that is off, unknown, not reported or not readable")
  func split() throws {
    for split in [TCPDataSplit.disabled, .automatic] {
      let finding = try only { $0.rings = State.rings(split, threshold: 0) }
      #expect(finding.weight == .refusal && finding.answers == [.invalidArgument])
    }
    #expect(try only { $0.rings = State.rings(nil, threshold: nil) }.answers == [.invalidArgument, .notSupported])
    #expect(try only { $0.rings = .notOffered("ETHTOOL_MSG_RINGS_GET") }.weight == .unchecked)
  }

  @Test("One queue for everything is a risk")
  func onlyQueue() throws {
    let finding = try only {
      $0.queue = 0
      $0.channels = .known(ChannelCounts(combined: 1, combinedMaximum: 4))
    }
    #expect(finding.subject == .channels && finding.weight == .risk)
    #expect(finding.fix == "ethtool -L eth0 combined 2")
    let alone = try only {
      $0.queue = 0
      $0.channels = .known(ChannelCounts(combined: 1, combinedMaximum: 1))
    }
    #expect(alone.fix == nil)
  }

  @Test("Spreading others' connections onto the queue is a risk, with the weights that end it")
  func spreading() throws {
    let finding = try only { $0.spreading = [ReceiveSideScaling(table: (0..<128).map { $0 % 8 })] }
    #expect(finding.subject == .receiveSideScaling && finding.weight == .risk)
    #expect(finding.fix == "ethtool -X eth0 weight 1 1 1 1 1 1 1 0")
    let further = try only {
      $0.spreading = [ReceiveSideScaling(table: [0, 1, 2, 3]), ReceiveSideScaling(context: 3, table: [6, 7])]
    }
    #expect(further.fix == "ethtool -X eth0 context 3 weight 0 0 0 0 0 0 1 0")
    #expect(try only { $0.spreading = [ReceiveSideScaling(context: 1, table: [7])] }.fix == nil)
    #expect(
      findings(State.change(State.ready("netkit")) { $0.spreading = [ReceiveSideScaling(table: [0, 1])] }) == [])
  }

  @Test("What this process may not do")
  func privileges() throws {
    #expect(try only { $0.privileges?.hasNetworkAdministration = false }.answers == [.notPermitted])
    let contained = try only {
      $0.privileges?.isInInitialUserNamespace = false
      $0.areaBytes = nil
    }
    #expect(contained.subject == .privileges && contained.what.contains("container"))
    #expect(try only { $0.privileges = nil }.weight == .unchecked)
    let memory = try only { $0.privileges?.hasMemoryLocking = false }
    #expect(memory.subject == .lockedMemory && memory.answers == [.noMemory])
    #expect(
      findings(
        State.change(State.ready("netkit")) {
          $0.privileges?.hasMemoryLocking = false
          $0.privileges?.lockedMemoryLimit = nil
        }) == [])
  }

  @Test("Privileges are read from /proc as the kernel writes it")
  func privilegeTexts() throws {
    func privileges(_ capabilities: String, _ namespace: String?, _ map: String) -> Privileges {
      Privileges(
        status: "Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t\(capabilities)\nCapBnd:\t000001ffffffffff\n",
        namespace: namespace, userMap: map, limit: nil)
    }
    let whole = "         0          0 4294967295\n"
    let root = privileges("000001ffffffffff", "user:[4026531837]", whole)
    #expect(root.hasNetworkAdministration && root.hasMemoryLocking && root.isInInitialUserNamespace)
    let one = privileges("0000000000001000", "user:[4026532001]", whole)
    #expect(one.hasNetworkAdministration && !one.hasMemoryLocking && !one.isInInitialUserNamespace)
    #expect(privileges("0", nil, whole).isInInitialUserNamespace)
    #expect(!privileges("0", nil, "         0       1000          1\n").isInInitialUserNamespace)
    #expect(!privileges("0", nil, whole).hasNetworkAdministration)
    #expect(!privileges("nonsense", nil, "").hasNetworkAdministration)
    let mine = try Privileges.ofThisThread()
    if geteuid() == 0, mine.isInInitialUserNamespace { #expect(mine.hasNetworkAdministration) }
  }

  @Test("The interfaces of this machine are found to be what they are")
  func thisMachine() throws {
    let loopback = try InterfacePreflight.check(interface: "lo", queues: "0").identity
    let found = try ReceivePreflight.check(interface: loopback, queue: 0)
    #expect(found.contains { $0.subject == .driver && $0.weight == .refusal && $0.what.contains("driver lo ") })
    #expect(try ReceivePreflight.check(interface: loopback, queue: 5).contains { $0.subject == .queueRange })
  }
}
