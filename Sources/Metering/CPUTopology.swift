import Linux

/// The CPUs of this machine and what they share (sysfs, devices/system/cpu and devices/system/node).
public struct CPUTopology: Sendable, Equatable {
  /// All there are, those that are switched off included, lowest first; empty where the kernel does not tell.
  public var present: [Int]
  /// Those that are switched on, lowest first; empty where the kernel does not tell.
  public var online: [Int]
  public var nodes: NumaTopology
  /// The hardware threads of a CPU's core, itself among them, by CPU; CPUs of which the kernel does not tell are missing.
  public var siblings: [Int: [Int]]

  public init(
    present: [Int], online: [Int], nodes: NumaTopology = NumaTopology(nodes: [:]), siblings: [Int: [Int]] = [:]
  ) {
    self.present = present
    self.online = online
    self.nodes = nodes
    self.siblings = siblings
  }

  /// Reads this machine's.
  public static func read() -> CPUTopology { read(root: "") }

  static func read(root: String) -> CPUTopology {
    let folder = "\(root)/sys/devices/system/cpu"
    func list(_ file: String) -> [Int] {
      (try? TextFile.read("\(folder)/\(file)", limit: 1 << 14)).map(NumberRanges.numbers) ?? []
    }
    let online = list("online")
    var siblings: [Int: [Int]] = [:]
    for cpu in online {
      let threads = list("cpu\(cpu)/topology/thread_siblings_list")
      if !threads.isEmpty { siblings[cpu] = threads }
    }
    return CPUTopology(present: list("present"), online: online, nodes: .read(root: root), siblings: siblings)
  }

  /// Whether two CPUs are hardware threads of one core, or the same.
  public func shareCore(_ first: Int, _ second: Int) -> Bool {
    first == second || siblings[first]?.contains(second) ?? false
  }

  /// Whether two CPUs are on one NUMA node; a kernel that tells of no nodes has one.
  public func shareNode(_ first: Int, _ second: Int) -> Bool { nodes.node(of: first) == nodes.node(of: second) }
}
