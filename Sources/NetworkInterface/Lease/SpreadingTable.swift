/// RSS tables as numbers.
enum SpreadingTable {
  /// The table every driver begins with (Linux, ethtool_rxfh_indir_default): queues in turn.
  static func standard(size: Int, queues: Int) -> [UInt32] {
    guard queues > 0 else { return [] }
    return (0..<size).map { UInt32($0 % queues) }
  }

  static func isStandard(_ table: [UInt32], queues: Int) -> Bool {
    !table.isEmpty && table == standard(size: table.count, queues: queues)
  }

  /// The table without `taken`: entries of other queues stay where they are, so that no other connection moves; those of
  /// `taken` go to the others, in proportion to what each has. Where the others have nothing, they share equally.
  /// - Returns: nil where there is no other queue.
  static func moved(_ table: [UInt32], off taken: Set<UInt32>, queues: Int) -> [UInt32]? {
    var weights: [UInt32: Int] = [:]
    for queue in table where !taken.contains(queue) { weights[queue, default: 0] += 1 }
    if weights.isEmpty {
      for queue in 0..<UInt32(clamping: queues) where !taken.contains(queue) { weights[queue] = 1 }
    }
    let others = weights.keys.sorted()
    guard !others.isEmpty else { return nil }
    var given: [UInt32: Int] = [:]
    return table.map { queue in
      guard taken.contains(queue) else { return queue }
      // Sainte-Laguë: whoever has least of what is due to it.
      let next = others.max { left, right in
        let (leftDue, rightDue) = (weights[left, default: 0], weights[right, default: 0])
        let (leftHas, rightHas) = (2 * given[left, default: 0] + 1, 2 * given[right, default: 0] + 1)
        let (leftScore, rightScore) = (leftDue * rightHas, rightDue * leftHas)
        return leftScore == rightScore ? left > right : leftScore < rightScore
      }
      let chosen = next ?? queue
      given[chosen, default: 0] += 1
      return chosen
    }
  }

  /// The table with another number of entries, as the kernel resizes a user's table (Linux 7.1,
  /// ethtool_rxfh_indir_resize): repeated, or folded where it repeats itself.
  /// - Returns: nil where that cannot be.
  static func resized(_ table: [UInt32], to size: Int) -> [UInt32]? {
    guard size > 0, !table.isEmpty else { return nil }
    if size >= table.count {
      return size % table.count == 0 ? (0..<size).map { table[$0 % table.count] } : nil
    }
    let folded = Array(table.prefix(size))
    return table.count % size == 0 && table.indices.allSatisfy { table[$0] == folded[$0 % size] } ? folded : nil
  }

  /// How many entries each queue has, from queue 0 on.
  static func weights(_ table: [UInt32]) -> [Int] {
    var weights = [Int](repeating: 0, count: Int(table.max() ?? 0) + 1)
    for queue in table { weights[Int(queue)] += 1 }
    return weights
  }
}
