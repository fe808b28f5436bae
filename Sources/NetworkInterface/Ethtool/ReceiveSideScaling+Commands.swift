import CKernelABI
import CLibNetlink
import Linux
import SystemPackage

extension CommandSocket {
  /// Reads one context.
  public func receiveSideScaling(
    of interface: String, context: UInt32 = 0
  ) throws(SystemCallError) -> ReceiveSideScaling {
    let attempt = "read how \(interface) spreads packets"
    let sizes = try run(
      .spreading(ETHTOOL_GRSSH, context: context), "ETHTOOL_GRSSH", on: interface, to: attempt)
    var command = CommandBytes.spreading(
      ETHTOOL_GRSSH, context: context, entries: sizes.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE),
      keySize: sizes.number(UInt32.self, at: ZB_RXFH_KEY_SIZE))
    command = try run(command, "ETHTOOL_GRSSH", on: interface, to: attempt)
    return ReceiveSideScaling(command, context: context)
  }

  /// Changes one context.
  public func setReceiveSideScaling(
    of interface: String, context: UInt32 = 0, to change: ReceiveSideScalingChange
  ) throws(SystemCallError) -> Acceptance<Void> {
    guard context == 0 || change.table?.isEmpty != true else {
      // To this command an empty table of a further context means that the context be deleted.
      throw SystemCallError(
        attempt: "reset RSS context \(context) of \(interface)", call: "ioctl (ETHTOOL_SRSSH)", errno: .invalidArgument,
        advice: "only context 0 has a default")
    }
    let present = try receiveSideScaling(of: interface, context: context)
    _ = try run(
      .spreading(context: context, change, over: present), "ETHTOOL_SRSSH", on: interface,
      to: "set how \(interface) spreads packets")
    return Acceptance(answer: ())
  }

  /// Makes a further context; its number.
  public func createReceiveSideScaling(
    of interface: String, _ content: ReceiveSideScalingChange
  ) throws(SystemCallError) -> Acceptance<UInt32> {
    let present = try receiveSideScaling(of: interface)
    // An empty table means deleting here, too: a context without a given table begins as context 0 is.
    var content = content
    if content.table?.isEmpty ?? true { content.table = present.table }
    let answer = try run(
      .spreading(context: UInt32(ETH_RXFH_CONTEXT_ALLOC), content, over: present), "ETHTOOL_SRSSH", on: interface,
      to: "make an RSS context of \(interface)")
    return Acceptance(answer: answer.number(UInt32.self, at: ZB_RXFH_CONTEXT))
  }

  /// Deletes a context.
  public func deleteReceiveSideScaling(
    of interface: String, context: UInt32
  ) throws(SystemCallError) -> Acceptance<Void> {
    let attempt = "delete RSS context \(context) of \(interface)"
    guard context != 0, context != .max else {
      throw SystemCallError(attempt: attempt, call: "ioctl (ETHTOOL_SRSSH)", errno: .invalidArgument)
    }
    _ = try run(.spreading(ETHTOOL_SRSSH, context: context), "ETHTOOL_SRSSH", on: interface, to: attempt)
    return Acceptance(answer: ())
  }
}

extension CommandBytes {
  /// The argument of ETHTOOL_GRSSH and ETHTOOL_SRSSH, struct ethtool_rxfh, with room for table and key.
  static func spreading(_ number: Int32, context: UInt32, entries: UInt32 = 0, keySize: UInt32 = 0) -> CommandBytes {
    var command = CommandBytes(number, size: Int(ZB_RXFH_CONFIG) + Int(entries) * 4 + Int(keySize))
    command.put(context, at: ZB_RXFH_CONTEXT)
    command.put(entries, at: ZB_RXFH_TABLE_SIZE)
    command.put(keySize, at: ZB_RXFH_KEY_SIZE)
    return command
  }

  /// A change, given what is there: unlike netlink this command wants a table of the device's full size, and a
  /// transformation every time.
  static func spreading(
    context: UInt32, _ change: ReceiveSideScalingChange, over present: ReceiveSideScaling
  ) -> CommandBytes {
    let table = change.table.map { table in
      !table.isEmpty && present.table.count % table.count == 0
        ? present.table.indices.map { table[$0 % table.count] } : table
    }
    var command = spreading(
      ETHTOOL_SRSSH, context: context, entries: UInt32(clamping: table?.count ?? 0),
      keySize: UInt32(clamping: change.key?.count ?? 0))
    if table == nil { command.put(UInt32(ETH_RXFH_INDIR_NO_CHANGE), at: ZB_RXFH_TABLE_SIZE) }
    command.put(UInt8(clamping: change.hashFunction ?? 0), at: ZB_RXFH_HASH_FUNCTION)
    command.put(UInt8(clamping: present.transformation), at: ZB_RXFH_TRANSFORM)
    for (index, queue) in (table ?? []).enumerated() { command.put(queue, at: ZB_RXFH_CONFIG + Int32(index) * 4) }
    command.put(change.key ?? [], at: ZB_RXFH_CONFIG + Int32(table?.count ?? 0) * 4)
    return command
  }
}

extension ReceiveSideScaling {
  init(_ command: CommandBytes, context: UInt32) {
    let entries = Int32(clamping: command.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE))
    let keySize = Int(command.number(UInt32.self, at: ZB_RXFH_KEY_SIZE))
    let function = command.number(UInt8.self, at: ZB_RXFH_HASH_FUNCTION)
    let table = command.slice(at: ZB_RXFH_CONFIG, count: Int(entries) * 4)
    self.init(
      context: context,
      table: stride(from: 0, to: table.count, by: 4).compactMap { table.number(UInt32.self, at: $0) },
      key: Array(command.bytes.dropFirst(Int(ZB_RXFH_CONFIG) + table.count).prefix(keySize)),
      hashFunction: function == 0 ? nil : UInt32(function),
      transformation: UInt32(command.number(UInt8.self, at: ZB_RXFH_TRANSFORM)))
  }
}
