import Linux
import SystemPackage

/// What stands in the way of zero-copy receive on one queue of an interface. Registering a queue gives no reason but an
/// errno that many reasons share, so that they are looked for beforehand, in about the order in which Linux 7.3 does.
public enum ReceivePreflight {
  /// Reads the state of `interface` and judges it.
  public static func check(
    interface: InterfaceIdentity, queue: Int, areaBytes: UInt64? = nil
  ) throws(SystemCallError) -> [ReceiveFinding] {
    findings(in: try ReceiveState.read(interface: interface, queue: queue, areaBytes: areaBytes))
  }

  /// Judges a state: what would be refused, what is risky, and what could not be checked. Empty where nothing was found.
  public static func findings(in state: ReceiveState) -> [ReceiveFinding] {
    [
      privileges(state), lockedMemory(state), driver(state), link(state), queueRange(state), tcpDataSplit(state),
      headerDataSplitThreshold(state), expressDataPath(state), holder(state), queueZero(state), hardwareGRO(state),
      onlyChannel(state), spreading(state),
    ].compactMap { $0 }
  }

  private static func privileges(_ state: ReceiveState) -> ReceiveFinding? {
    guard let privileges = state.privileges else {
      return ReceiveFinding(
        .privileges, .unchecked, what: "whether this process has CAP_NET_ADMIN is unknown",
        check: "/proc/thread-self/status cannot be read")
    }
    guard privileges.hasNetworkAdministration else {
      return ReceiveFinding(
        .privileges, .refusal, what: "this process has no CAP_NET_ADMIN",
        check: "CapEff of /proc/thread-self/status", fix: "run as root", answers: [.notPermitted])
    }
    guard privileges.isInInitialUserNamespace else {
      return ReceiveFinding(
        .privileges, .refusal,
        what: "this process has CAP_NET_ADMIN only in a user namespace of its own, as in a rootless container",
        check: "/proc/self/ns/user is not the initial one", fix: "run as root outside the container",
        answers: [.notPermitted])
    }
    return nil
  }

  private static func lockedMemory(_ state: ReceiveState) -> ReceiveFinding? {
    guard let area = state.areaBytes, let privileges = state.privileges, let limit = privileges.lockedMemoryLimit,
      area > limit, !(privileges.hasMemoryLocking && privileges.isInInitialUserNamespace)
    else { return nil }
    return ReceiveFinding(
      .lockedMemory, .refusal, what: "\(area) bytes are to be pinned, and this process may pin \(limit)",
      check: "RLIMIT_MEMLOCK; without CAP_IPC_LOCK it counts", fix: "ulimit -l unlimited, or a smaller area",
      answers: [.noMemory])
  }

  private static func driver(_ state: ReceiveState) -> ReceiveFinding? {
    if let stacked = state.stacked {
      return ReceiveFinding(
        .lowerDevice, .refusal, what: stacked.what, check: "RTM_GETLINK: IFLA_INFO_KIND, IFLA_LINK, IFLA_MASTER",
        fix: stacked.fix, answers: [.notSupported])
    }
    guard let name = state.driver else {
      return ReceiveFinding(
        .driver, .unchecked, what: "the driver of \(state.interface) is unknown",
        check: "neither ETHTOOL_GDRVINFO nor sysfs names it", answers: [.notSupported])
    }
    guard let known = KnownDriver.named(name) else {
      return ReceiveFinding(
        .driver, .unchecked, what: "nothing is known about driver \(name) and zero-copy receive",
        check: "it is not in this tool's table; the kernel will tell", answers: [.notSupported])
    }
    guard case .incapable(let why) = known.support else { return nil }
    return ReceiveFinding(
      .driver, .refusal, what: "driver \(name) has no zero-copy receive: \(why)", check: known.source,
      fix: "a NIC driven by bnxt_en, gve, mlx5_core or fbnic has it", answers: [.notSupported])
  }

  private static func link(_ state: ReceiveState) -> ReceiveFinding? {
    let name = state.interface
    guard state.link.isUp else {
      return ReceiveFinding(
        .link, .refusal, what: "\(name) is down", check: "RTM_GETLINK: IFF_UP is not set",
        fix: "ip link set dev \(name) up", answers: answersWhileDown(state.driver))
    }
    guard state.link.hasCarrier == false else { return nil }
    return ReceiveFinding(
      .link, .risk, what: "\(name) has no carrier", check: "RTM_GETLINK: IFLA_CARRIER is 0",
      fix: "check the cable and the other end")
  }

  /// A driver that is down has no queue to restart, and each says so in its own way (Linux 7.3).
  private static func answersWhileDown(_ driver: String?) -> [Errno] {
    switch driver {
    case "bnxt_en", "fbnic": [.networkDown]
    case "gve": [.resourceTemporarilyUnavailable]
    case "mlx5_core": [.notSupported, .operationNotSupportedByDevice]
    default: [.networkDown, .resourceTemporarilyUnavailable, .notSupported, .operationNotSupportedByDevice]
    }
  }

  private static func queueRange(_ state: ReceiveState) -> ReceiveFinding? {
    if let unleased = unleased(state) { return unleased }
    let count = state.channels.value?.receiveQueues ?? state.receiveQueueCapacity
    guard state.queue >= count else { return nil }
    return ReceiveFinding(
      .queueRange, .refusal,
      what: "there is no queue \(state.queue): \(state.interface) has \(InterfaceProblem.queues(count))",
      check: state.channels.value == nil ? "RTM_GETLINK: IFLA_NUM_RX_QUEUES" : "ETHTOOL_MSG_CHANNELS_GET",
      fix: moreQueues(state, atLeast: state.queue + 1) ?? "choose one of these with -q",
      answers: [.outOfRange, .notSupported])
  }

  /// A netkit interface has one queue of its own, and every other by a lease.
  private static func unleased(_ state: ReceiveState) -> ReceiveFinding? {
    guard state.driver == "netkit", state.lease == nil, state.link.isUp else { return nil }
    if case .refused(let error) = state.queueState, error.errno == .invalidArgument {
      return ReceiveFinding(
        .queueRange, .refusal, what: "there is no queue \(state.queue): none was leased to \(state.interface) as that",
        check: "NETDEV_CMD_QUEUE_GET", fix: "lease one from a device (NETDEV_CMD_QUEUE_CREATE)",
        answers: [.outOfRange, .notSupported])
    }
    return nil
  }

  /// The command that gives the interface so many receive queues; nil where it cannot have them.
  private static func moreQueues(_ state: ReceiveState, atLeast count: Int) -> String? {
    guard let channels = state.channels.value else { return nil }
    if channels.receive + channels.combinedMaximum >= count, channels.combinedMaximum > 0 {
      return "ethtool -L \(state.interface) combined \(count - channels.receive)"
    }
    if channels.combined + channels.receiveMaximum >= count {
      return "ethtool -L \(state.interface) rx \(count - channels.combined)"
    }
    return nil
  }

  private static func tcpDataSplit(_ state: ReceiveState) -> ReceiveFinding? {
    // It is set on the device that the queue is leased from.
    guard state.lease == nil else { return nil }
    let fix = "ethtool -G \(state.interface) tcp-data-split on"
    if let rings = unread(state.rings, "ETHTOOL_MSG_RINGS_GET") {
      return ReceiveFinding(
        .tcpDataSplit, .unchecked, what: "whether headers and payload are split is unknown", check: rings, fix: fix,
        answers: [.invalidArgument])
    }
    switch state.rings.value?.tcpDataSplit {
    case .enabled where state.driver == "bnxt_en" || state.driver == "fbnic":
      let source =
        state.driver == "fbnic"
        ? "fbnic_ethtool.c reports it always" : "bnxt_ethtool.c reports its aggregation rings"
      return ReceiveFinding(
        .tcpDataSplit, .risk,
        what: "\(state.driver ?? "") reports tcp-data-split as on even where nobody has switched it on, "
          + "and that is what counts",
        check: "ETHTOOL_MSG_RINGS_GET: enabled; Linux 7.3, \(source)",
        fix: fix, answers: [.invalidArgument])
    case .enabled:
      return nil
    case .disabled, .automatic:
      return ReceiveFinding(
        .tcpDataSplit, .refusal, what: "headers and payload are not split: tcp-data-split is not switched on",
        check: "ETHTOOL_MSG_RINGS_GET: \(state.rings.value?.tcpDataSplit == .disabled ? "disabled" : "unknown")",
        fix: fix, answers: [.invalidArgument])
    case nil where DriverPeculiarity.of(state.driver).contains(.reportsSplitWherePossible):
      return ReceiveFinding(
        .tcpDataSplit, .refusal,
        what: "this NIC cannot split headers from payload: \(state.driver ?? "") reports tcp-data-split only where the "
          + "device offers it, and no XDP program is attached",
        check: "ETHTOOL_MSG_RINGS_GET: no ETHTOOL_A_RINGS_TCP_DATA_SPLIT; Linux 7.3, gve_ethtool.c",
        answers: [.invalidArgument, .notSupported])
    case nil:
      return ReceiveFinding(
        .tcpDataSplit, .refusal,
        what: "the driver does not report tcp-data-split: nobody has switched it on, or it cannot",
        check: "ETHTOOL_MSG_RINGS_GET: no ETHTOOL_A_RINGS_TCP_DATA_SPLIT, which the kernel leaves out for \"unknown\"",
        fix: fix,
        answers: [.invalidArgument, .notSupported])
    }
  }

  private static func headerDataSplitThreshold(_ state: ReceiveState) -> ReceiveFinding? {
    guard let threshold = state.rings.value?.headerDataSplitThreshold, threshold != 0 else { return nil }
    return ReceiveFinding(
      .headerDataSplitThreshold, .refusal,
      what: "packets of up to \(threshold) bytes are not split: hds-thresh is not 0",
      check: "ETHTOOL_MSG_RINGS_GET: ETHTOOL_A_RINGS_HDS_THRESH",
      // The keyword is new: Debian 13's ethtool does not have it.
      fix: "ethtool -G \(state.interface) hds-thresh 0 (ethtool 6.15 or newer)", answers: [.invalidArgument])
  }

  private static func expressDataPath(_ state: ReceiveState) -> ReceiveFinding? {
    guard let attached = state.link.expressDataPath else { return nil }
    let (mode, words) =
      switch attached.mode {
      case .driver: ("driver", ["xdpdrv"])
      case .generic: ("generic", ["xdpgeneric"])
      case .hardware: ("hardware", ["xdpoffload"])
      case .several: ("several", ["xdpdrv", "xdpgeneric", "xdpoffload"])
      }
    let programs = attached.programs.map(String.init).joined(separator: ", ")
    return ReceiveFinding(
      .expressDataPath, .refusal, what: "an XDP program is attached",
      check: "RTM_GETLINK: IFLA_XDP, mode \(mode), program \(programs)",
      fix: words.map { "ip link set dev \(state.interface) \($0) off" }.joined(separator: "; "), answers: [.fileExists])
  }

  private static func holder(_ state: ReceiveState) -> ReceiveFinding? {
    guard state.link.isUp else { return nil }
    guard let queue = state.queueState.value else {
      // An interface that is down, or has no such queue, answers so; that has been found already.
      if case .refused(let error) = state.queueState,
        error.errno == .noSuchFileOrDirectory || error.errno == .invalidArgument
      {
        return nil
      }
      return ReceiveFinding(
        .queueHolder, .unchecked, what: "whether somebody holds queue \(state.queue) is unknown",
        check: unread(state.queueState, "NETDEV_CMD_QUEUE_GET") ?? "NETDEV_CMD_QUEUE_GET",
        answers: [.fileExists, .resourceBusy])
    }
    guard let holder = queue.holder else { return nil }
    let isProvider = queue.ring != nil || queue.dmaBuffer != nil
    return ReceiveFinding(
      .queueHolder, .refusal, what: "queue \(state.queue) is held by \(holder)", check: "NETDEV_CMD_QUEUE_GET",
      fix: "choose another queue with -q, or end its holder",
      answers: isProvider ? [.fileExists] : [.resourceBusy])
  }

  private static func queueZero(_ state: ReceiveState) -> ReceiveFinding? {
    guard state.driver == "gve", state.queue == 0 else { return nil }
    return ReceiveFinding(
      .queueSpecial, .refusal, what: "gve cannot restart queue 0",
      check: "Linux 7.3, gve_main.c: gve_rx_queue_stop answers ERANGE",
      fix: "choose another queue with -q", answers: [.outOfRange])
  }

  private static func hardwareGRO(_ state: ReceiveState) -> ReceiveFinding? {
    guard state.driver == "mlx5_core" else { return nil }
    let fix = "ethtool -K \(state.interface) \(FeatureStates.hardwareGRO) on"
    guard let features = state.features.value else {
      return ReceiveFinding(
        .hardwareGRO, .unchecked, what: "whether \(FeatureStates.hardwareGRO) is on is unknown",
        check: unread(state.features, "ETHTOOL_MSG_FEATURES_GET") ?? "ETHTOOL_MSG_FEATURES_GET", fix: fix,
        answers: [.invalidArgument, .noData])
    }
    guard !features.active.contains(FeatureStates.hardwareGRO) else { return nil }
    return ReceiveFinding(
      .hardwareGRO, .refusal,
      what: "mlx5_core splits headers and payload only while \(FeatureStates.hardwareGRO) is on",
      check: "ETHTOOL_MSG_FEATURES_GET: it is not active; Linux 7.3, en_ethtool.c",
      fix: features.canChange(FeatureStates.hardwareGRO) ? fix : nil, answers: [.invalidArgument, .noData])
  }

  private static func onlyChannel(_ state: ReceiveState) -> ReceiveFinding? {
    guard let channels = state.channels.value, channels.receiveQueues == 1 else { return nil }
    return ReceiveFinding(
      .channels, .risk,
      what:
        "\(state.interface) has one receive queue: once it is bound, every other connection on it fails with EFAULT",
      check: "ETHTOOL_MSG_CHANNELS_GET", fix: moreQueues(state, atLeast: 2))
  }

  private static func spreading(_ state: ReceiveState) -> ReceiveFinding? {
    let contexts = state.spreading.filter { $0.uses(queue: state.queue) }.map(\.context).sorted()
    // With one queue only, that has been found already.
    guard let context = contexts.first, state.channels.value?.receiveQueues != 1 else { return nil }
    let entries = Set(state.spreading.first { $0.context == context }?.table ?? [])
    let count = state.channels.value?.receiveQueues ?? (entries.max().map { Int($0) + 1 } ?? 0)
    let weights = (0..<count).map { entries.contains(UInt32($0)) && $0 != state.queue ? "1" : "0" }
    let target = context == 0 ? state.interface : "\(state.interface) context \(context)"
    return ReceiveFinding(
      .receiveSideScaling, .risk,
      what: "connections of others are spread onto queue \(state.queue): once it is bound, they fail with EFAULT",
      check: "the RSS table of context \(contexts.map(String.init).joined(separator: ", ")) has entries with it",
      fix: weights.contains("1") ? "ethtool -X \(target) weight \(weights.joined(separator: " "))" : nil)
  }

  private static func unread<Value>(_ reading: Reading<Value>, _ request: String) -> String? {
    reading.absence.map { "\(request): \($0)" }
  }
}
