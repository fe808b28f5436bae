/// Which CPUs the workers were bound to, and why.
public struct CPUPlacementReport: Sendable, Equatable {
  /// What was asked for with --placement or -A.
  public enum Wish: String, Sendable, CaseIterable {
    /// Nothing.
    case automatic = "auto"
    case same
    case other
    case none
    case list
  }

  public var wish: Wish
  /// NUMA node of the interface whose queues the workers receive from; nil where there is none, or none is known.
  public var interfaceNode: Int?
  public var workers: [WorkerPlacementReport]

  public init(_ wish: Wish, workers: [WorkerPlacementReport] = []) {
    self.wish = wish
    self.workers = workers
  }
}

/// Where one worker was put.
public struct WorkerPlacementReport: Sendable, Equatable {
  /// How its CPU and the one that processes its packets are related: the closest that is true.
  public enum Relation: String, Sendable, CaseIterable {
    case same
    /// Another hardware thread of the same core.
    case sibling
    case sameNode = "same_node"
    case otherNode = "other_node"
  }

  public var worker: Int
  /// The CPU it is bound to; nil where it is bound to none.
  public var cpu: Int?
  /// That CPU's NUMA node; nil where the kernel tells of none.
  public var numaNode: Int?
  /// The CPU that processes its packets, as far as it was known when the worker was bound.
  public var serving: ServingCPUReport?
  /// Nil unless both CPUs are known.
  public var relation: Relation?
  /// Why this CPU, in one line.
  public var reason: String

  public init(worker: Int, cpu: Int?, reason: String) {
    self.worker = worker
    self.cpu = cpu
    self.reason = reason
  }
}

/// A CPU that processes packets in softirq before a worker reads them.
public struct ServingCPUReport: Sendable, Equatable {
  public var cpu: Int
  public var numaNode: Int?
  /// What tells: `incomingCPU` is of the worker's first stream, when the worker was started.
  public var source: SoftirqSource.Kind

  public init(cpu: Int, source: SoftirqSource.Kind) {
    self.cpu = cpu
    self.source = source
  }
}
