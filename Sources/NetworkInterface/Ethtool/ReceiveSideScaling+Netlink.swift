import CKernelABI
import CLibNetlink
import Linux
import SystemPackage

extension EthtoolSocket {
  /// Reads one context. In the headers of Linux 6.12, not in those of 6.1.
  /// - Throws: ENOENT where there is no such context.
  public mutating func receiveSideScaling(
    of interface: String, context: UInt32 = 0
  ) throws(SystemCallError) -> ReceiveSideScaling {
    let answers = try ask(
      Int32(ZB_ETHTOOL_MSG_RSS_GET), "ETHTOOL_MSG_RSS_GET", about: interface,
      to: "read how \(interface) spreads packets"
    ) { request throws(SystemCallError) in
      if context != 0 { try request.put(Int(ZB_ETHTOOL_A_RSS_CONTEXT), context) }
    }
    return answers.last.map(ReceiveSideScaling.init) ?? ReceiveSideScaling(context: context)
  }

  /// Reads all contexts but 0. In the headers of Linux 6.12.
  public mutating func furtherReceiveSideScaling(
    of interface: String
  ) throws(SystemCallError) -> [ReceiveSideScaling] {
    try ask(
      Int32(ZB_ETHTOOL_MSG_RSS_GET), "ETHTOOL_MSG_RSS_GET", about: interface,
      to: "list the RSS contexts of \(interface)", all: true
    ) { request throws(SystemCallError) in
      try request.put(Int(ZB_ETHTOOL_A_RSS_START_CONTEXT), UInt32(1))
    }.map(ReceiveSideScaling.init)
  }

  /// Changes one context. In the headers of Linux 6.17, not in those of 6.12.
  public mutating func setReceiveSideScaling(
    of interface: String, context: UInt32 = 0, to change: ReceiveSideScalingChange
  ) throws(SystemCallError) -> Acceptance<Void> {
    try self.change(
      Int32(ZB_ETHTOOL_MSG_RSS_SET), "ETHTOOL_MSG_RSS_SET", of: interface,
      to: "set how \(interface) spreads packets"
    ) { request throws(SystemCallError) in
      if context != 0 { try request.put(Int(ZB_ETHTOOL_A_RSS_CONTEXT), context) }
      try change.put(into: request)
    }.map { _ in }
  }

  /// Makes a further context; its number. In the headers of Linux 6.17.
  public mutating func createReceiveSideScaling(
    of interface: String, _ content: ReceiveSideScalingChange
  ) throws(SystemCallError) -> Acceptance<UInt32> {
    let attempt = "make an RSS context of \(interface)"
    let answer = try change(
      Int32(ZB_ETHTOOL_MSG_RSS_CREATE_ACT), "ETHTOOL_MSG_RSS_CREATE_ACT", of: interface, to: attempt, content.put)
    guard let context = answer.answer.last?.identifier(Int(ZB_ETHTOOL_A_RSS_CONTEXT)) else {
      throw SystemCallError(attempt: attempt, call: "ETHTOOL_MSG_RSS_CREATE_ACT", errno: .noData)
    }
    return answer.map { _ in context }
  }

  /// Deletes a context. In the headers of Linux 6.17.
  /// - Throws: EBUSY while flow rules lead to it.
  public mutating func deleteReceiveSideScaling(
    of interface: String, context: UInt32
  ) throws(SystemCallError) -> Acceptance<Void> {
    try change(
      Int32(ZB_ETHTOOL_MSG_RSS_DELETE_ACT), "ETHTOOL_MSG_RSS_DELETE_ACT", of: interface,
      to: "delete RSS context \(context) of \(interface)"
    ) { request throws(SystemCallError) in
      try request.put(Int(ZB_ETHTOOL_A_RSS_CONTEXT), context)
    }.map { _ in }
  }
}

extension ReceiveSideScaling {
  /// Context 0 is told without its number.
  init(_ attributes: NetlinkAttributes) {
    self.init(
      context: attributes.identifier(Int(ZB_ETHTOOL_A_RSS_CONTEXT)) ?? 0,
      table: attributes.identifiers(Int(ZB_ETHTOOL_A_RSS_INDIR)) ?? [],
      key: attributes.bytes(Int(ZB_ETHTOOL_A_RSS_HKEY)).map(Array.init) ?? [],
      hashFunction: attributes.identifier(Int(ZB_ETHTOOL_A_RSS_HFUNC)),
      transformation: attributes.identifier(Int(ZB_ETHTOOL_A_RSS_INPUT_XFRM)) ?? 0)
  }
}

extension ReceiveSideScalingChange {
  func put(into request: borrowing NetlinkMessage) throws(SystemCallError) {
    if let hashFunction { try request.put(Int(ZB_ETHTOOL_A_RSS_HFUNC), hashFunction) }
    if let table {
      try request.put(Int(ZB_ETHTOOL_A_RSS_INDIR), table.flatMap { entry in withUnsafeBytes(of: entry, Array.init) })
    }
    if let key { try request.put(Int(ZB_ETHTOOL_A_RSS_HKEY), key) }
  }
}
