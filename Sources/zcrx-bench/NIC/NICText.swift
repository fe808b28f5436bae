import NetworkInterface
import Report

/// The state of a NIC for a terminal, in ethtool's words.
enum NICText {
  static func lines(for state: NICState) -> [String] {
    let parts: [[String]] = [
      heading(state),
      section("Driver", state.driver, driver),
      section("Channels", state.channels, channels),
      section("Rings", state.rings, rings),
      section("Features", state.features, features),
      section("RSS", state.spreading) { spreading($0, further: state.furtherSpreading) },
      section("Flow rules", state.flowRules, NICRuleText.lines),
      section("XDP features", state.device) { ["  " + joined($0.expressDataPathFeatureNames, orNone: "none")] },
      section("Queues", state.queues) { queues($0, state) },
      section("Page pools", state.pagePools, pagePools),
      section("Queue counters", state.queueStatistics, queueStatistics),
      section("Driver counters", state.driverStatistics) { ["  \($0.count) (their values stand in the JSON)"] },
    ]
    return parts.flatMap { $0 }.map { $0.printable }
  }

  static func name(of mode: ExpressDataPathProgram.Mode) -> String {
    switch mode {
    case .driver: "xdpdrv"
    case .generic: "xdpgeneric"
    case .hardware: "xdpoffload"
    case .several: "several"
    }
  }

  static func name(of split: TCPDataSplit) -> String {
    switch split {
    case .automatic: "auto"
    case .disabled: "off"
    case .enabled: "on"
    }
  }

  private static func section<Value>(
    _ title: String, _ reading: Reading<Value>, _ lines: (Value) -> [String]
  ) -> [String] {
    guard let value = reading.value else { return ["\(title): \(reading.absence ?? "n/a")"] }
    return ["\(title):"] + lines(value)
  }

  private static func heading(_ state: NICState) -> [String] {
    let link = state.link
    var facts = [link.isUp ? "up" : "down"]
    if let carrier = link.hasCarrier { facts.append(carrier ? "carrier" : "no carrier") }
    if let speed = link.speed { facts.append("\(speed)Mb/s") }
    facts.append("MTU \(link.mtu)")
    let kind = state.identity.kind.map { " (\($0))" } ?? ""
    var lines = ["\(state.identity.name)\(kind): index \(state.identity.index), \(facts.joined(separator: ", "))"]
    if let address = link.address { lines.append("  Address: \(address)") }
    if let address = link.permanentAddress { lines.append("  Permanent address: \(address)") }
    if let node = state.placement.numaNode { lines.append("  NUMA node: \(node)") }
    if let group = state.placement.iommuGroup { lines.append("  IOMMU group: \(group)") }
    let program = link.expressDataPath.map { "\(name(of: $0.mode)), program \(joined($0.programs))" }
    lines.append("  XDP: \(program ?? "none attached")")
    return lines
  }

  private static func driver(_ driver: DriverInformation) -> [String] {
    [
      "  driver: \(driver.driver)", "  version: \(driver.version ?? "n/a")",
      "  firmware-version: \(driver.firmware ?? "n/a")", "  bus-info: \(driver.bus ?? "n/a")",
    ]
  }

  /// "RX: 8 (maximum 16)", as both of ethtool's blocks say it.
  private static func value(_ name: String, _ value: Int?, of maximum: Int?) -> String {
    guard value != nil || maximum != nil else { return "  \(name): n/a" }
    return "  \(name): \(number(value))" + (maximum.map { " (maximum \($0))" } ?? "")
  }

  private static func number(_ number: Int?) -> String { number.map(String.init) ?? "n/a" }

  private static func channels(_ channels: ChannelCounts) -> [String] {
    /// A kind the driver has none of is not applicable.
    func line(_ name: String, _ count: Int, _ maximum: Int) -> String {
      value(name, maximum == 0 ? nil : count, of: maximum == 0 ? nil : maximum)
    }
    return [
      line("RX", channels.receive, channels.receiveMaximum), line("TX", channels.transmit, channels.transmitMaximum),
      line("Other", channels.other, channels.otherMaximum),
      line("Combined", channels.combined, channels.combinedMaximum),
    ]
  }

  private static func rings(_ rings: RingParameters) -> [String] {
    [
      value("RX", rings.receive, of: rings.receiveMaximum),
      value("RX Mini", rings.receiveMini, of: rings.receiveMiniMaximum),
      value("RX Jumbo", rings.receiveJumbo, of: rings.receiveJumboMaximum),
      value("TX", rings.transmit, of: rings.transmitMaximum),
      "  RX Buf Len: \(number(rings.receiveBufferLength))",
      "  CQE Size: \(number(rings.completionEntrySize))",
      "  TCP data split: \(rings.tcpDataSplit.map(name) ?? "n/a")",
      value("HDS thresh", rings.headerDataSplitThreshold, of: rings.headerDataSplitThresholdMaximum),
    ]
  }

  /// ethtool's own names of these features, which are older than the kernel's.
  private static let featureNames = [
    FeatureStates.ntupleFilter: "ntuple-filters", FeatureStates.gro: "generic-receive-offload",
    FeatureStates.lro: "large-receive-offload",
  ]

  private static func features(_ features: FeatureStates) -> [String] {
    FeatureStates.receive.map { name in
      let isActive = features.active.contains(name)
      let isWanted = features.wanted.contains(name)
      let note =
        !features.canChange(name)
        ? " [fixed]" : isWanted == isActive ? "" : " [requested \(isWanted ? "on" : "off")]"
      return "  \(featureNames[name] ?? name): \(isActive ? "on" : "off")\(note)"
    }
  }

  private static func spreading(
    _ spreading: ReceiveSideScaling, further: Reading<[ReceiveSideScaling]>
  ) -> [String] {
    let contexts = further.value?.map { self.spreading($0) }
    return [self.spreading(spreading)] + (contexts ?? ["  further contexts: \(further.absence ?? "n/a")"])
  }

  private static func spreading(_ spreading: ReceiveSideScaling) -> String {
    let queues = Set(spreading.table).sorted()
    let noun = queues.count == 1 ? "queue" : "queues"
    let entries = spreading.table.count.counted("entry", "entries")
    let table = spreading.table.isEmpty ? "n/a" : "\(entries) with \(noun) \(joined(queues))"
    return "  context \(spreading.context): hash function \(spreading.hashFunctionName ?? "n/a"), table \(table)"
  }

  private static func queues(_ queues: [QueueState], _ state: NICState) -> [String] {
    guard !queues.isEmpty else { return ["  none while the interface is down"] }
    let napis = Dictionary((state.napis.value ?? []).map { ($0.id, $0) }) { first, _ in first }
    let interrupts = Dictionary(state.interrupts.map { ($0.number, $0) }) { first, _ in first }
    var table = TextTable(columns: [
      ("queue", .left), ("NAPI", .right), ("IRQ", .right), ("CPUs", .left), ("held by", .left),
    ])
    for queue in queues {
      let interrupt = queue.napi.flatMap { napis[$0]?.interrupt }
      let cpus = interrupt.flatMap { interrupts[$0] }.map { joined($0.serving) }
      table.add([
        "\(queue.direction == .receive ? "rx" : "tx")-\(queue.number)", queue.napi.map(String.init) ?? "n/a",
        interrupt.map(String.init) ?? "n/a", cpus ?? "n/a", queue.holder ?? "nobody",
      ])
    }
    return table.lines.map { "  " + $0 }
  }

  private static func pagePools(_ pools: [PagePoolState]) -> [String] {
    guard !pools.isEmpty else { return ["  none"] }
    return pools.map { pool in
      var facts = ["NAPI \(pool.napi.map(String.init) ?? "n/a")"]
      if let bytes = pool.inFlightBytes { facts.append("\(bytes.counted("byte")) in flight") }
      if pool.isRingProvided { facts.append("memory of an io_uring") }
      if let buffer = pool.dmaBuffer { facts.append("memory of dma-buf binding \(buffer)") }
      if let seconds = pool.detachSeconds { facts.append("let go \(seconds) s after boot") }
      return "  pool \(pool.id): \(facts.joined(separator: ", "))"
    }
  }

  private static func queueStatistics(_ statistics: [QueueStatistics]) -> [String] {
    guard !statistics.isEmpty else { return ["  none by queue"] }
    return statistics.map { queue in
      let counters = QueueCounter.allCases.compactMap { counter in
        queue.counters[counter].map { "\(counter.name) \($0)" }
      }
      return "  \(queue.direction == .receive ? "rx" : "tx")-\(queue.queue): \(counters.joined(separator: ", "))"
    }
  }

  private static func joined(_ elements: [some CustomStringConvertible], orNone none: String = "n/a") -> String {
    elements.isEmpty ? none : elements.map(\.description).joined(separator: ", ")
  }
}
