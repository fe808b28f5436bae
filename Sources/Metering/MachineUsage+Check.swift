extension MachineUsage {
  /// Seconds of a class that may go back: the kernel's idle time and iowait do so by a little (proc(5)), as a share of the
  /// time between the readings.
  private static let idleStep = 0.05
  /// Time that the classes of a line must hold at least and at most, as a share of the time between the readings. Ticks
  /// that a virtual CPU missed are in no class.
  private static let leastShare = 0.1
  private static let mostShare = 2.0

  /// What was used after `earlier`, if both readings can be the kernel's own. In a container /proc/stat may be made by a
  /// program (lxcfs), whose counters may go back, stand still or hold what the kernel never counts.
  ///
  /// - Parameter seconds: the time between the readings.
  /// - Throws: what cannot be right.
  public func used(since earlier: MachineUsage, seconds: Double) throws(MeteringError) -> MachineUsage {
    let cpus = Double(max(byCPU.count, earlier.byCPU.count))
    if let problem = Self.problem(all, since: earlier.all, seconds: seconds * cpus) {
      throw .malformed(path: Self.path, problem: "its time of all CPUs \(problem)")
    }
    if all.irq + all.softirq == 0 {
      throw .malformed(path: Self.path, problem: "it tells of no interrupt and no softirq since the machine's start")
    }
    for (cpu, time) in byCPU.sorted(by: { $0.key < $1.key }) {
      guard let before = earlier.byCPU[cpu], let problem = Self.problem(time, since: before, seconds: seconds) else {
        continue
      }
      throw .malformed(path: Self.path, problem: "CPU \(cpu)'s time \(problem)")
    }
    return since(earlier)
  }

  /// What of a line cannot be right; nil where nothing is seen.
  private static func problem(_ now: ProcessorTime, since earlier: ProcessorTime, seconds: Double) -> String? {
    let counts: [(name: String, step: Double, permitted: Double)] = [
      ("user", now.user - earlier.user, 0), ("system", now.system - earlier.system, 0),
      ("irq", now.irq - earlier.irq, 0), ("softirq", now.softirq - earlier.softirq, 0),
      ("steal", now.steal - earlier.steal, 0), ("idle", now.idle - earlier.idle, idleStep * seconds),
    ]
    if let back = counts.first(where: { $0.step < -$0.permitted }) { return "went back (\(back.name))" }
    let total = counts.reduce(0) { $0 + $1.step }
    if total < leastShare * seconds { return "stood still" }
    if total > mostShare * seconds { return "grew by more than the time that passed" }
    return nil
  }
}
