/// A further RSS context as a lease makes it, for rules of a port to lead to.
struct LeaseContext: Sendable, Equatable {
  /// A queue for each entry.
  var table: [UInt32]
  /// The contexts there were before, by number: one that is told from ours by nothing else.
  var earlier: [UInt32]
  /// Nil until the kernel has given it one.
  var number: UInt32?

  init(table: [UInt32], earlier: [UInt32] = [], number: UInt32? = nil) {
    self.table = table
    self.earlier = earlier
    self.number = number
  }

  /// Whether this is what `present` is: one that others have changed is theirs.
  func isSame(as present: ReceiveSideScaling) -> Bool {
    table == present.table && (number.map { $0 == present.context } ?? !earlier.contains(present.context))
  }

  /// The command of ethtool(8) that makes it.
  func command(for interface: String) -> String {
    let weights = SpreadingTable.weights(table).map(String.init)
    return "ethtool -X \(interface) context new weight " + weights.joined(separator: " ")
  }

  /// The command that deletes context `number`.
  static func deletion(of number: UInt32, from interface: String) -> String {
    "ethtool -X \(interface) context \(number) delete"
  }
}
