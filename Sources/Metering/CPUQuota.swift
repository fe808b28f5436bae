import Linux

/// How often and how long a quota of CPU time held this process back (cgroups, cpu.stat of the process's group and of those
/// above it; cgroup-v2.rst, sched-bwc.rst), or between two such readings.
public struct CPUQuota: Sendable, Equatable {
  /// Of one group.
  public struct Throttling: Sendable, Equatable {
    /// Periods in which the group had used up its quota.
    public var periods: UInt64
    /// Time for which the group's tasks were kept from running, summed over CPUs, seconds.
    public var seconds: Double

    public init(periods: UInt64, seconds: Double) {
      self.periods = periods
      self.seconds = seconds
    }
  }

  /// Groups that count it, by their paths below the mount point.
  public var byGroup: [String: Throttling]

  public init(byGroup: [String: Throttling]) {
    self.byGroup = byGroup
  }

  public static func read() -> CPUQuota { read(SystemTree(root: "")) }

  static func read(_ tree: SystemTree) -> CPUQuota {
    var byGroup: [String: Throttling] = [:]
    for line in (tree.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      // hierarchy:controllers:path, with no controllers in version 2.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      guard controllers.isEmpty || controllers.contains("cpu") else { continue }
      let mounts =
        controllers.isEmpty
        ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] : ["/sys/fs/cgroup/\(parts[1])", "/sys/fs/cgroup/cpu"]
      // A path that leads out of the namespace's root has nothing below the mount point.
      var group = parts[2].split(separator: "/").map(String.init)
      if group.contains("..") { group = [] }
      while true {
        let path = group.map { "/\($0)" }.joined()
        let found = mounts.lazy.compactMap { tree.text("\($0)\(path)/cpu.stat") }.first
        if let throttling = found.flatMap(Throttling.init(cpuStat:)) { byGroup[path.isEmpty ? "/" : path] = throttling }
        if group.isEmpty { break }
        group.removeLast()
      }
    }
    return CPUQuota(byGroup: byGroup)
  }

  /// The group that was held back longest after `earlier`, and by how much; nil where none was, or none counts it.
  public func worst(since earlier: CPUQuota) -> (group: String, throttling: Throttling)? {
    byGroup.compactMap { group, now -> (group: String, throttling: Throttling)? in
      guard let before = earlier.byGroup[group], now.periods > before.periods, now.seconds >= before.seconds else {
        return nil
      }
      return (group, Throttling(periods: now.periods - before.periods, seconds: now.seconds - before.seconds))
    }.max { ($0.throttling.seconds, $1.group) < ($1.throttling.seconds, $0.group) }
  }
}

extension CPUQuota.Throttling {
  /// Nil of a group without the CPU controller.
  fileprivate init?(cpuStat text: String) {
    var counts: [Substring: UInt64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2 { counts[words[0]] = UInt64(words[1]) }
    }
    guard let periods = counts["nr_throttled"] else { return nil }
    if let microseconds = counts["throttled_usec"] {
      self.init(periods: periods, seconds: Double(microseconds) / 1e6)
    } else if let nanoseconds = counts["throttled_time"] {
      // Version 1.
      self.init(periods: periods, seconds: Double(nanoseconds) / 1e9)
    } else {
      return nil
    }
  }
}
