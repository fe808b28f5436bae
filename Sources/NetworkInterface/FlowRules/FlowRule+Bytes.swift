import CKernelABI
import CLibNetlink

extension CommandBytes {
  /// A flow rule command without a rule: struct ethtool_rxnfc.
  static func flow(_ number: Int32, location: UInt32 = 0, locations: Int = 0) -> CommandBytes {
    var command = CommandBytes(number, size: max(Int(ZB_RXNFC_SIZE), Int(ZB_RXNFC_LOCATIONS) + locations * 4))
    command.put(location, at: ZB_RXNFC_RULE + ZB_FLOW_LOCATION)
    if locations > 0 { command.put(UInt32(clamping: locations), at: ZB_RXNFC_RULE_COUNT) }
    return command
  }

  /// The command that inserts `rule`.
  static func inserting(_ rule: FlowRule) -> CommandBytes {
    var command = flow(ETHTOOL_SRXCLSRLINS)
    var type: UInt32
    switch rule.specification {
    case .tcp(let flow):
      type = FlowRule.type(isIPv6: flow.isIPv6)
      command.put(flow)
    case .other(let kind, let bytes):
      type = kind
      command.put(bytes.prefix(Int(ZB_FLOW_SIZE)), at: ZB_RXNFC_RULE)
    }
    type &= ~FlowRule.spreading
    switch rule.action {
    case .queue(let queue): command.put(UInt64(queue), at: ZB_RXNFC_RULE + ZB_FLOW_COOKIE)
    case .drop: command.put(UInt64.max, at: ZB_RXNFC_RULE + ZB_FLOW_COOKIE)
    case .other(let cookie): command.put(cookie, at: ZB_RXNFC_RULE + ZB_FLOW_COOKIE)
    case .context(let context, let firstQueue):
      type |= FlowRule.spreading
      command.put(context, at: ZB_RXNFC_RULE_COUNT)
      command.put(UInt64(firstQueue), at: ZB_RXNFC_RULE + ZB_FLOW_COOKIE)
    }
    command.put(type, at: ZB_RXNFC_RULE + ZB_FLOW_TYPE)
    command.put(rule.location, at: ZB_RXNFC_RULE + ZB_FLOW_LOCATION)
    return command
  }

  /// Values and masks: a bit that is set in the mask is compared.
  private mutating func put(_ flow: TCPFlow) {
    let places = FlowRule.places(isIPv6: flow.isIPv6)
    for (bytes, place) in [(flow.source?.bytes, places.source), (flow.destination?.bytes, places.destination)] {
      put(bytes, at: place)
    }
    for (port, place) in [(flow.sourcePort, places.sourcePort), (flow.destinationPort, places.destinationPort)] {
      put(port.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }, at: place)
    }
  }

  private mutating func put(_ value: [UInt8]?, at place: Int32) {
    guard let value else { return }
    put(value, at: ZB_RXNFC_RULE + ZB_FLOW_HEADER + place)
    put([UInt8](repeating: 0xFF, count: value.count), at: ZB_RXNFC_RULE + ZB_FLOW_HEADER_MASK + place)
  }
}

extension FlowRule {
  /// Reads the answer to ETHTOOL_GRXCLSRULE.
  init(_ command: CommandBytes) {
    let flags = command.number(UInt32.self, at: ZB_RXNFC_RULE + ZB_FLOW_TYPE)
    let cookie = command.number(UInt64.self, at: ZB_RXNFC_RULE + ZB_FLOW_COOKIE)
    let action: FlowAction =
      if flags & FlowRule.spreading != 0 {
        .context(
          command.number(UInt32.self, at: ZB_RXNFC_RULE_COUNT), firstQueue: UInt32(truncatingIfNeeded: cookie))
      } else if cookie == .max {
        .drop
      } else if let queue = UInt32(exactly: cookie) {
        .queue(queue)
      } else {
        // The upper half names a virtual function, or a wake-up.
        .other(cookie)
      }
    let bytes = Array(command.slice(at: ZB_RXNFC_RULE, count: Int(ZB_FLOW_SIZE)))
    self.init(
      TCPFlow(bytes).map(FlowSpecification.tcp) ?? .other(type: flags & ~FlowRule.spreading, bytes: bytes), to: action,
      location: command.number(UInt32.self, at: ZB_RXNFC_RULE + ZB_FLOW_LOCATION))
  }

  /// The flag in a rule's type that it leads to an RSS context.
  fileprivate static let spreading = UInt32(FLOW_RSS)

  fileprivate static func type(isIPv6: Bool) -> UInt32 { UInt32(isIPv6 ? TCP_V6_FLOW : TCP_V4_FLOW) }

  fileprivate static func places(
    isIPv6: Bool
  ) -> (source: Int32, destination: Int32, sourcePort: Int32, destinationPort: Int32) {
    isIPv6
      ? (ZB_TCP6_SOURCE, ZB_TCP6_DESTINATION, ZB_TCP6_SOURCE_PORT, ZB_TCP6_DESTINATION_PORT)
      : (ZB_TCP4_SOURCE, ZB_TCP4_DESTINATION, ZB_TCP4_SOURCE_PORT, ZB_TCP4_DESTINATION_PORT)
  }
}

extension TCPFlow {
  /// Reads a struct ethtool_rx_flow_spec; nil where it says more than addresses and ports in full can.
  fileprivate init?(_ bytes: [UInt8]) {
    guard let flags = bytes[...].number(UInt32.self, at: Int(ZB_FLOW_TYPE)) else { return nil }
    let isIPv6 = flags & ~FlowRule.spreading == FlowRule.type(isIPv6: true)
    guard isIPv6 || flags & ~FlowRule.spreading == FlowRule.type(isIPv6: false) else { return nil }
    let value = Array(bytes.dropFirst(Int(ZB_FLOW_HEADER)).prefix(Int(ZB_FLOW_HEADER_SIZE)))
    var mask = Array(bytes.dropFirst(Int(ZB_FLOW_HEADER_MASK)).prefix(Int(ZB_FLOW_HEADER_SIZE)))
    guard mask.count == value.count else { return nil }

    /// What is compared at `place`: nil inside for nothing, nil outside for a part of it.
    func compared(_ place: Int32, _ count: Int) -> [UInt8]?? {
      let range = Int(place)..<Int(place) + count
      let compares = Set(mask[range])
      mask.replaceSubrange(range, with: repeatElement(0, count: count))
      if compares == [0] { return .some(nil) }
      return compares == [0xFF] ? .some(Array(value[range])) : nil
    }
    let places = FlowRule.places(isIPv6: isIPv6)
    let size = isIPv6 ? 16 : 4
    guard let source = compared(places.source, size), let destination = compared(places.destination, size),
      let sourcePort = compared(places.sourcePort, 2), let destinationPort = compared(places.destinationPort, 2)
    else { return nil }
    let extensionMask = bytes.dropFirst(Int(ZB_FLOW_EXTENSION_MASK)).prefix(Int(ZB_FLOW_EXTENSION_SIZE))
    guard mask.allSatisfy({ $0 == 0 }), extensionMask.allSatisfy({ $0 == 0 }) else { return nil }
    func port(_ bytes: [UInt8]?) -> UInt16? { bytes.map { UInt16($0[0]) << 8 | UInt16($0[1]) } }
    self.init(
      isIPv6: isIPv6, source: source.flatMap { FlowAddress(bytes: $0) },
      destination: destination.flatMap { FlowAddress(bytes: $0) }, sourcePort: port(sourcePort),
      destinationPort: port(destinationPort))
  }
}
