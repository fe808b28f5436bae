import Linux

/// Which CPUs each NUMA node has (sysfs, devices/system/node).
public struct NumaTopology: Sendable, Equatable {
  /// By the node's number; empty where the kernel tells of no nodes.
  public var nodes: [Int: [Int]]

  public init(nodes: [Int: [Int]]) {
    self.nodes = nodes
  }

  /// Reads this machine's.
  public static func read() -> NumaTopology { read(root: "") }

  static func read(root: String) -> NumaTopology {
    let folder = "\(root)/sys/devices/system/node"
    var nodes: [Int: [Int]] = [:]
    for name in DirectoryListing.names(in: folder) where name.hasPrefix("node") {
      guard let node = Int(name.dropFirst(4)),
        let list = try? TextFile.read("\(folder)/\(name)/cpulist", limit: 1 << 14)
      else { continue }
      nodes[node] = NumberRanges.numbers(in: list)
    }
    return NumaTopology(nodes: nodes)
  }

  /// The node of a CPU; nil where it is in none.
  public func node(of cpu: Int) -> Int? {
    nodes.first { $0.value.contains(cpu) }?.key
  }
}
