import Linux
import Metering
import Report

/// Chooses a CPU for one worker after the other. Pure: the same machine and wishes give the same CPUs.
struct WorkerPlacer: Sendable {
  let wish: PlacementWish
  let topology: CPUTopology
  /// CPUs this process may use, lowest first.
  let allowed: [Int]
  /// Of the interface whose queues the workers have; nil where there is none, or none is known.
  var interfaceNode: Int?
  /// Whether the workers have zero-copy queues, whose place counts without a wish too.
  var hasQueues = false
  /// CPUs that are known to process packets of any worker.
  var serving: Set<Int> = []
  private var taken: Set<Int> = []

  init(_ wish: PlacementWish, topology: CPUTopology, allowed: [Int]) {
    self.wish = wish
    self.topology = topology
    self.allowed = allowed
  }

  /// The next worker's place.
  ///
  /// - Parameter served: the CPU that processes its packets.
  mutating func place(_ worker: Int, _ served: ServingCPU) -> WorkerPlacementReport {
    let (cpu, why) = choose(worker, served)
    var reason = why
    if let cpu, taken.contains(cpu) { reason += "; another worker runs there too" }
    if let cpu { taken.insert(cpu) }
    var report = WorkerPlacementReport(worker: worker, cpu: cpu, reason: reason)
    report.numaNode = cpu.flatMap(topology.nodes.node)
    if case .known(let serving, let source, _) = served {
      report.serving = ServingCPUReport(cpu: serving, source: source)
      report.serving?.numaNode = topology.nodes.node(of: serving)
      report.relation = cpu.map { topology.relation(of: $0, to: serving) }
    }
    return report
  }

  private func choose(_ worker: Int, _ served: ServingCPU) -> (cpu: Int?, reason: String) {
    switch wish {
    case .none: return (nil, "not bound, as asked for")
    case .cpus(let list):
      guard worker < list.count else {
        return (nil, "not bound: \(list.count.counted("CPU")) in the list, and this is worker \(worker)")
      }
      return (list[worker], "as listed")
    case .same: return same(served)
    case .other: return other(served)
    case .automatic: return hasQueues ? nearQueue(served) : inTurn
    }
  }

  /// Sockets alone: the CPUs in their order, whoever serves.
  private var inTurn: (cpu: Int?, reason: String) {
    guard let cpu = allowed.first(where: { !taken.contains($0) }) else { return noneLeft }
    return (cpu, "the next CPU this process may use")
  }

  private var noneLeft: (cpu: Int?, reason: String) {
    (nil, "not bound: there are more workers than the \(allowed.count.counted("CPU")) this process may use")
  }

  private func same(_ served: ServingCPU) -> (cpu: Int?, reason: String) {
    switch served {
    case .unknown(let why): return (nil, "not bound: the CPU that serves it is not known (\(why))")
    case .known(let cpu, _, let what):
      guard allowed.contains(cpu) else {
        return (nil, "not bound: CPU \(cpu), which serves \(what), is none this process may use")
      }
      return (cpu, "the CPU that serves \(what)")
    }
  }

  private func other(_ served: ServingCPU) -> (cpu: Int?, reason: String) {
    switch served {
    case .unknown(let why): return (nil, "not bound: the CPU that serves it is not known (\(why))")
    case .known(let serving, _, let what):
      let others = allowed.filter { $0 != serving }
      let chosen = best(of: others) { [!topology.shareNode($0, serving), taken.contains($0)] + crowding($0, serving) }
      guard let chosen else {
        return (nil, "not bound: CPU \(serving), which serves \(what), is the only one this process may use")
      }
      return (chosen, words(chosen, serving, what))
    }
  }

  /// Without a wish, for a zero-copy queue: of the CPUs that no worker has yet, those of the interface's node, then those
  /// that do not serve the queue.
  private func nearQueue(_ served: ServingCPU) -> (cpu: Int?, reason: String) {
    let free = allowed.filter { !taken.contains($0) }
    let serving = served.cpu
    let node = interfaceNode ?? serving.flatMap(topology.nodes.node)
    let chosen = best(of: free) { cpu in
      let isFar = node != nil && topology.nodes.node(of: cpu) != node
      return [isFar] + (serving.map { [cpu == $0] + crowding(cpu, $0) } ?? [])
    }
    guard let chosen else { return noneLeft }
    let isNear = node != nil && topology.nodes.node(of: chosen) == node
    switch served {
    case .known(let serving, _, let what): return (chosen, words(chosen, serving, what))
    case .unknown(let why):
      let place = isNear && interfaceNode != nil ? "the next CPU of the interface's node" : "the next CPU"
      return (chosen, "\(place): the one that serves it is not known (\(why))")
    }
  }

  /// What speaks against a CPU beside one that serves: that they share a core, then that its core serves another queue,
  /// and that it does so itself.
  private func crowding(_ cpu: Int, _ other: Int) -> [Bool] {
    [topology.shareCore(cpu, other), serving.contains { topology.shareCore(cpu, $0) }, serving.contains(cpu)]
  }

  /// The first of those against which least speaks, what stands first counting most.
  private func best(of cpus: [Int], _ objections: (Int) -> [Bool]) -> Int? {
    cpus.min { left, right in
      let (left, right) = (objections(left), objections(right))
      return left.lexicographicallyPrecedes(right) { !$0 && $1 }
    }
  }

  private func words(_ cpu: Int, _ serving: Int, _ what: String) -> String {
    switch topology.relation(of: cpu, to: serving) {
    case .same: "CPU \(serving) serves \(what), and no other is left near the interface"
    case .sibling: "CPU \(serving), of the same core, serves \(what); no other core is left on its node"
    case .sameNode: "on the node of CPU \(serving), which serves \(what)"
    case .otherNode: "CPU \(serving) serves \(what), and none is left on its node"
    }
  }
}

extension WorkerPlacementReport {
  /// The same for a worker that the kernel would not bind.
  func asRefused(by refusal: SystemCallError?) -> WorkerPlacementReport {
    guard let refusal else { return self }
    var report = self
    (report.cpu, report.numaNode, report.relation) = (nil, nil, nil)
    report.reason = "not bound: \(refusal)"
    return report
  }
}

extension CPUTopology {
  func relation(of cpu: Int, to serving: Int) -> WorkerPlacementReport.Relation {
    if cpu == serving { return .same }
    if shareCore(serving, cpu) { return .sibling }
    return shareNode(cpu, serving) ? .sameNode : .otherNode
  }
}
