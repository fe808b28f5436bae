import Glibc
import Linux
import NetworkInterface

/// What was read of an interface for an examination.
struct InterfaceFacts {
  var nic: NICState
  var receive: ReceiveState
}

/// What an interface and one of its queues are set to, as lines.
enum InterfaceChecks {
  static func all(_ facts: InterfaceFacts) -> [Check] {
    let judge = Judge(ReceivePreflight.findings(in: facts.receive))
    return [
      judge.check("driver", "driver", [.driver], driver(facts)),
      judge.check("link", "link", [.link], Fact(link(facts), "RTM_GETLINK")),
      judge.check("queues", "queues", [.queueRange, .queueSpecial, .channels], queues(facts)),
      judge.check("data_split", "tcp-data-split", [.tcpDataSplit], dataSplit(facts)),
      judge.check("threshold", "hds-thresh", [.headerDataSplitThreshold], threshold(facts)),
      judge.check("hardware_gro", "rx-gro-hw", [.hardwareGRO], feature(FeatureStates.hardwareGRO, facts)),
      flowRules(facts),
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
        return Check(name, title, fact.isKnown ? .ok : .unknown, fact.what, check: fact.check)
      }
      let state: Check.State =
        switch first.weight {
        case .refusal where first.subject == .driver: .impossible
        case .refusal: .problem
        case .risk: .warning
        case .unchecked: .unknown
        }
      let what = subjects == [.driver] && fact.isKnown ? "\(fact.what): \(first.what)" : first.what
      return Check(name, title, state, what, check: first.check, fix: first.fix)
    }
  }

  // MARK: Lines with findings

  private static func driver(_ facts: InterfaceFacts) -> Fact {
    guard let driver = facts.nic.driver.value else {
      return Fact(facts.receive.driver ?? "unknown", "sysfs", isKnown: facts.receive.driver != nil)
    }
    return Fact(
      [
        driver.driver, driver.version.map { "version \($0)" }, driver.firmware.map { "firmware \($0)" }, driver.bus,
      ].compactMap { $0 }.joined(separator: ", "), "ETHTOOL_GDRVINFO")
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
    switch facts.nic.rings.value?.tcpDataSplit {
    case .enabled?: Fact("on", "ETHTOOL_MSG_RINGS_GET")
    default: .unread(facts.nic.rings.absence, "ETHTOOL_MSG_RINGS_GET")
    }
  }

  private static func threshold(_ facts: InterfaceFacts) -> Fact {
    guard let rings = facts.nic.rings.value else {
      return .unread(facts.nic.rings.absence, "ETHTOOL_MSG_RINGS_GET")
    }
    return Fact(
      rings.headerDataSplitThreshold.map { "\($0)" } ?? "the driver has none, every packet is split",
      "ETHTOOL_MSG_RINGS_GET")
  }

  private static func feature(_ name: String, _ facts: InterfaceFacts) -> Fact {
    guard let features = facts.nic.features.value else {
      return .unread(facts.nic.features.absence, "ETHTOOL_MSG_FEATURES_GET")
    }
    let isOn = features.active.contains(name)
    return Fact(isOn ? "on" : "off, and this driver does not need it", "ETHTOOL_MSG_FEATURES_GET")
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
    if features.active.contains(FeatureStates.ntupleFilter) {
      let rules = facts.nic.flowRules.value.map { ", \($0.rules.count) rules are in place" } ?? ""
      return Check(name, title, .ok, "on\(rules)", check: request)
    }
    if features.canChange(FeatureStates.ntupleFilter) {
      return Check(
        name, title, .warning, "off: connections cannot be steered to the queue by rules", check: request,
        fix: "ethtool -K \(interface) ntuple on")
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
    let cpus = interrupt.effective ?? interrupt.allowed
    return Check(
      name, title, .ok, "number \(number), on CPU \(cpus.prefix(16).map(String.init).joined(separator: ","))",
      check: "/proc/irq/\(number)")
  }

  private static func numaNode(_ facts: InterfaceFacts) -> Check {
    let node = facts.nic.placement.numaNode
    return Check(
      "numa_node", "NUMA node", .ok, node.map { "\($0): its CPUs are the nearest (-A)" } ?? "one node, or not told",
      check: "sysfs")
  }

  private static func iommu(_ facts: InterfaceFacts) -> Check {
    Check(
      "iommu", "IOMMU", .ok,
      facts.nic.placement.iommuGroup.map { "group \($0): DMA may be translated, which costs time for each buffer" }
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
