import Glibc
import Linux
import NetworkInterface
import Report

/// What was read of an interface for an examination.
struct InterfaceFacts {
  var nic: NICState
  var receive: ReceiveState
  var tenancy: Reading<LeaseTenancy>
  /// Whether the server is to prepare the interface.
  var preparesInterface: Bool
  /// Nil where the server would not begin to.
  var preparation: Preparation?

  var isDriverIncapable: Bool {
    ReceivePreflight.findings(in: receive).contains {
      ($0.subject == .driver || $0.subject == .lowerDevice) && $0.weight == .refusal
    }
  }
}

/// What an interface and one of its queues are set to, as lines.
enum InterfaceChecks {
  static func all(_ facts: InterfaceFacts) -> [Check] {
    let lines = present(facts)
    guard let preparation = facts.preparation else { return lines }
    return lines.map { preparation.judged($0, of: facts.nic.identity.name) }
  }

  /// As it is now.
  private static func present(_ facts: InterfaceFacts) -> [Check] {
    let judge = Judge(ReceivePreflight.findings(in: facts.receive))
    let tenancy = TenancyChecks(
      interface: facts.nic.identity.name, queue: facts.receive.queue, flowRules: facts.nic.flowRules,
      tenancy: facts.tenancy, preparesInterface: facts.preparesInterface)
    return [
      judge.check("driver", "driver", [.driver, .lowerDevice], driver(facts)),
      judge.check("link", "link", [.link], Fact(link(facts), "RTM_GETLINK")),
      judge.check("queues", "queues", [.queueRange, .queueSpecial, .channels], queues(facts)),
      judge.check("data_split", "tcp-data-split", [.tcpDataSplit], dataSplit(facts)),
      judge.check("threshold", "hds-thresh", [.headerDataSplitThreshold], threshold(facts)),
      judge.check("hardware_gro", "rx-gro-hw", [.hardwareGRO], feature(FeatureStates.hardwareGRO, facts)),
      flowRules(facts),
      judge.check("rss", "RSS spread", [.receiveSideScaling], spreading(facts)),
      tenancy.rules,
      tenancy.lease,
      judge.check("xdp", "XDP", [.expressDataPath], Fact("no program is attached", "RTM_GETLINK: IFLA_XDP")),
      judge.check("holder", "queue holder", [.queueHolder], holder(facts)),
      interrupt(facts),
      numaNode(facts),
      iommu(facts),
      mtu(facts),
    ]
  }

  /// What a line says where nothing was found against it.
  private struct Fact {
    var what: String
    var check: String?
    var isKnown = true

    init(_ what: String, _ check: String? = nil, isKnown: Bool = true) {
      self.what = what
      self.check = check
      self.isKnown = isKnown
    }

    static func unread(_ absence: String?, _ request: String) -> Fact {
      Fact(absence ?? "not told", request, isKnown: false)
    }
  }

  /// Findings by subject.
  private struct Judge {
    let findings: [ReceiveFinding]

    init(_ findings: [ReceiveFinding]) { self.findings = findings }

    func check(_ name: String, _ title: String, _ subjects: Set<ReceiveFinding.Subject>, _ fact: Fact) -> Check {
      let found = findings.filter { subjects.contains($0.subject) }
      guard let first = found.first(where: { $0.weight == .refusal }) ?? found.first else {
        var check = Check(name, title, fact.isKnown ? .ok : .unknown, fact.what, check: fact.check)
        check.present = fact.what
        return check
      }
      let state: Check.State =
        switch first.weight {
        case .refusal where first.subject == .driver: .impossible
        case .refusal: .problem
        case .risk: .warning
        case .unchecked: .unknown
        }
      let what = subjects == [.driver] && fact.isKnown ? "\(fact.what): \(first.what)" : first.what
      var check = Check(name, title, state, what, check: first.check, fix: first.fix)
      check.present = fact.what
      return check
    }
  }

  // MARK: Lines with findings

  private static func driver(_ facts: InterfaceFacts) -> Fact {
    let lease = facts.receive.lease.map { "; \($0.what)" } ?? ""
    guard let driver = facts.nic.driver.value else {
      return Fact(facts.receive.driver ?? "unknown", "sysfs", isKnown: facts.receive.driver != nil)
    }
    return Fact(
      [
        driver.driver, driver.version.map { "version \($0)" }, driver.firmware.map { "firmware \($0)" }, driver.bus,
      ].compactMap { $0 }.joined(separator: ", ") + lease, "ETHTOOL_GDRVINFO")
  }

  private static func link(_ facts: InterfaceFacts) -> String {
    let carrier = facts.nic.link.hasCarrier.map { $0 ? ", carrier" : ", no carrier" } ?? ""
    let speed = facts.nic.link.speed.map { ", \($0) Mb/s" } ?? ""
    return "up\(carrier)\(speed)"
  }

  private static func queues(_ facts: InterfaceFacts) -> Fact {
    guard let channels = facts.nic.channels.value else {
      return Fact("room for \(facts.nic.identity.receiveQueueCapacity)", "RTM_GETLINK: IFLA_NUM_RX_QUEUES")
    }
    let most = max(channels.combinedMaximum, channels.receiveMaximum)
    return Fact("\(channels.receiveQueues) of at most \(most)", "ETHTOOL_MSG_CHANNELS_GET")
  }

  private static func dataSplit(_ facts: InterfaceFacts) -> Fact {
    let request = "ETHTOOL_MSG_RINGS_GET"
    if facts.receive.lease != nil { return .unread("it is set on the device that the queue is leased from", request) }
    return switch facts.nic.rings.value?.tcpDataSplit {
    case .enabled? where ["bnxt_en", "fbnic"].contains(facts.receive.driver):
      Fact("reported as on, which this driver does either way", request)
    case .enabled?: Fact("on", request)
    case .disabled?: Fact("off", request)
    default: .unread(facts.nic.rings.absence ?? "not reported, as when it is off", request)
    }
  }

  private static func threshold(_ facts: InterfaceFacts) -> Fact {
    guard let rings = facts.nic.rings.value else {
      return .unread(facts.nic.rings.absence, "ETHTOOL_MSG_RINGS_GET")
    }
    let threshold = rings.headerDataSplitThreshold.map { $0 == 0 ? "0" : "\($0): shorter packets are not split" }
    return Fact(threshold ?? "the driver has none, every packet is split", "ETHTOOL_MSG_RINGS_GET")
  }

  private static func feature(_ name: String, _ facts: InterfaceFacts) -> Fact {
    guard let features = facts.nic.features.value else {
      return .unread(facts.nic.features.absence, "ETHTOOL_MSG_FEATURES_GET")
    }
    let isNeeded = facts.receive.driver.map { driver in
      DriverPeculiarity.all.contains { $0.driver == driver && $0.kind == .splitNeedsHardwareGRO }
    }
    let off = isNeeded == true ? "off" : "off, and this driver does not need it"
    return Fact(features.active.contains(name) ? "on" : off, "ETHTOOL_MSG_FEATURES_GET")
  }

  /// Packets that no rule is about.
  private static func spreading(_ facts: InterfaceFacts) -> Fact {
    let request = "ETHTOOL_MSG_RSS_GET"
    guard let spreading = facts.nic.spreading.value else { return .unread(facts.nic.spreading.absence, request) }
    guard !spreading.table.isEmpty else { return .unread("the driver tells no table", request) }
    let isUsed = spreading.uses(queue: facts.receive.queue)
    return Fact(isUsed ? "other connections come to the queue too" : "no other connections come to the queue", request)
  }

  private static func holder(_ facts: InterfaceFacts) -> Fact {
    let others = (facts.nic.queues.value ?? []).filter {
      $0.direction == .receive && $0.number != facts.receive.queue
    }.compactMap { queue in queue.holder.map { "queue \(queue.number) is held by \($0)" } }
    guard facts.receive.queueState.value != nil else {
      return .unread(facts.receive.queueState.absence, "NETDEV_CMD_QUEUE_GET")
    }
    return Fact((["nobody"] + others).joined(separator: "; "), "NETDEV_CMD_QUEUE_GET")
  }

  // MARK: Lines without

  /// A connection whose packets come in elsewhere is received by copy.
  private static func flowRules(_ facts: InterfaceFacts) -> Check {
    let (name, title, request) = ("flow_rules", "ntuple", "ETHTOOL_MSG_FEATURES_GET")
    let interface = facts.nic.identity.name
    guard let features = facts.nic.features.value else {
      return Check(name, title, .unknown, facts.nic.features.absence ?? "not told", check: request)
    }
    let rules = facts.nic.flowRules.value.map { "; \($0.rules.count.counted("rule")) in place" } ?? ""
    if features.active.contains(FeatureStates.ntupleFilter) {
      return Check(name, title, .ok, "on\(rules)", check: request)
    }
    let isNeedless = DriverPeculiarity.all.contains {
      $0.driver == facts.receive.driver && $0.kind == .rulesWithoutNtuple
    }
    if isNeedless {
      return Check(name, title, .ok, "off, and this driver's rules do without\(rules)", check: request)
    }
    if features.canChange(FeatureStates.ntupleFilter) {
      var check = Check(
        name, title, .warning, "off: connections cannot be steered to the queue by rules", check: request,
        fix: "ethtool -K \(interface) ntuple on")
      check.present = "off"
      return check
    }
    return Check(
      name, title, .warning, "the driver takes no flow rules: only its spreading (ethtool -X) leads to the queue",
      check: request)
  }

  private static func interrupt(_ facts: InterfaceFacts) -> Check {
    let (name, title, request) = ("interrupt", "interrupt", "NETDEV_CMD_NAPI_GET")
    guard let napi = facts.receive.queueState.value?.napi else {
      return Check(name, title, .unknown, "no NAPI instance is told for the queue", check: "NETDEV_CMD_QUEUE_GET")
    }
    guard let number = facts.nic.napis.value?.first(where: { $0.id == napi })?.interrupt else {
      return Check(name, title, .unknown, "the driver does not tell which one serves NAPI \(napi)", check: request)
    }
    guard let interrupt = facts.nic.interrupts.first(where: { $0.number == number }) else {
      return Check(name, title, .unknown, "number \(number); its CPUs are not told", check: "/proc/irq/\(number)")
    }
    let cpus = interrupt.serving
    return Check(
      name, title, .ok, "number \(number), on CPU \(cpus.prefix(16).map(String.init).joined(separator: ","))",
      check: "/proc/irq/\(number)")
  }

  private static let notShown = "sysfs is not there, or shows another network namespace"

  private static func numaNode(_ facts: InterfaceFacts) -> Check {
    let (name, title, placement) = ("numa_node", "NUMA node", facts.nic.placement)
    guard placement.isShown else { return Check(name, title, .unknown, notShown, check: "sysfs") }
    return Check(
      name, title, .ok, placement.numaNode.map { "\($0): its CPUs are the nearest (-A)" } ?? "one node, or not told",
      check: "sysfs")
  }

  private static func iommu(_ facts: InterfaceFacts) -> Check {
    let (name, title, placement) = ("iommu", "IOMMU", facts.nic.placement)
    guard placement.isShown else { return Check(name, title, .unknown, notShown, check: "sysfs") }
    return Check(
      name, title, .ok,
      placement.iommuGroup.map { "group \($0): DMA may be translated, which costs time for each buffer" }
        ?? "no group: DMA is not translated", check: "sysfs")
  }

  private static func mtu(_ facts: InterfaceFacts) -> Check {
    let (mtu, page) = (Int(facts.nic.link.mtu), sysconf(Int32(_SC_PAGESIZE)))
    // IPv4 and TCP headers without options, which are split off.
    let payload = max(0, mtu - 40)
    if payload <= page {
      return Check("mtu", "MTU", .ok, "\(mtu): a packet's payload fits a buffer of \(page) bytes")
    }
    var length = page
    while length < payload { length *= 2 }
    return Check(
      "mtu", "MTU", .warning,
      "\(mtu): a packet's payload takes \((payload + page - 1) / page) buffers of \(page) bytes",
      fix: "--rx-buf-len \(length) --hugepages, where the driver can")
  }
}
