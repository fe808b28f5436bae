/// Memory bandwidth monitoring (MBM) of resctrl, where somebody has mounted it (Documentation/filesystems/resctrl.rst):
/// what the CPU's cores moved between the last-level cache and everything beyond it. Each monitoring group counts its own
/// tasks, and their sum is that of all.
enum ResourceControlSource {
  private static let folder = "/sys/fs/resctrl"

  static func outcome(on machine: MachineDescription) -> PlanOutcome {
    let tree = machine.tree
    let groups =
      [folder] + subgroups(of: folder, in: tree)
      + tree.names(in: folder).filter { !["info", "mon_groups", "mon_data"].contains($0) }
      .map { "\(folder)/\($0)" }.flatMap { [$0] + subgroups(of: $0, in: tree) }
    let files = groups.flatMap { group in
      tree.names(in: "\(group)/mon_data").filter { $0.hasPrefix("mon_L3_") }
        .map { "\(group)/mon_data/\($0)/mbm_total_bytes" }
    }
    guard !files.isEmpty else { return .absent }
    let readable = files.filter { tree.text($0).flatMap { UInt64($0) } != nil }
    guard readable.count == files.count else {
      return .unusable("resctrl is mounted, and this CPU's monitoring gives no mbm_total_bytes")
    }
    let sockets = cacheSockets(of: machine)
    let counters = files.map { file in
      PlannedCounter(
        name: String(file.dropFirst(folder.count + 1)), place: .file(file),
        socket: domain(of: file).flatMap { sockets[$0] } ?? 0,
        direction: .both, bytesPerCount: 1)
    }
    return .plan(
      CounterPlan(
        source: MemorySource(
          kind: .resourceControl, title: "resctrl monitoring (mbm_total_bytes), \(counters.count) domains and groups",
          limitation: "CPU traffic only: what a NIC writes or reads by itself is not in it"),
        counters: counters))
  }

  private static func subgroups(of group: String, in tree: SystemTree) -> [String] {
    tree.names(in: "\(group)/mon_groups").map { "\(group)/mon_groups/\($0)" }
  }

  /// ".../mon_L3_01/mbm_total_bytes" is domain 1.
  private static func domain(of file: String) -> Int? {
    file.split(separator: "/").dropLast().last.flatMap { Int($0.dropFirst("mon_L3_".count)) }
  }

  /// The socket of each last-level cache, by the cache's id.
  private static func cacheSockets(of machine: MachineDescription) -> [Int: Int] {
    var sockets: [Int: Int] = [:]
    for cpu in machine.processors.online {
      let path = "/sys/devices/system/cpu/cpu\(cpu)/cache/index3/id"
      if let id = machine.tree.text(path).flatMap({ Int($0) }) { sockets[id] = machine.processors.socket(of: cpu) }
    }
    return sockets
  }
}
