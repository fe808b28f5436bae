import Linux
import Metering
import Report

/// How many workers there are, and which CPUs they may be bound to. What can be said without traffic is refused here.
public struct CPUPlacement: Sendable, Equatable {
  /// One entry per worker: its CPU where it is known before there is traffic, and nil where the worker is bound to none or
  /// to one that its first packets decide.
  public let cpus: [Int?]
  public let wish: PlacementWish
  let topology: CPUTopology
  /// The CPUs this process may use.
  let allowed: [Int]

  /// More workers than this are never started unless asked for.
  static let defaultMaximum = 8

  /// - Parameters:
  ///   - workers: how many; nil takes one per CPU of a list, or per allowed CPU up to 8.
  ///   - allowed: the CPUs this process may use, lowest first.
  ///   - option: which option the wish was given by, for the reader.
  /// - Throws: a usage error that names what is impossible.
  public init(
    workers: Int?, _ wish: PlacementWish, allowed: [Int], topology: CPUTopology = .read(),
    option: String = "--placement"
  ) throws(BenchmarkError) {
    let affinity = wish.list
    for cpu in affinity where !allowed.contains(cpu) {
      throw BenchmarkError(
        "CPU \(cpu) (\(option)) cannot be used: \(CPUPlacement.obstacle(cpu, allowed, topology))", .usage)
    }
    let cpus = affinity.isEmpty ? allowed : affinity
    let count = workers ?? (affinity.isEmpty ? min(cpus.count, CPUPlacement.defaultMaximum) : cpus.count)
    guard count >= 1 else { throw BenchmarkError("at least one worker is needed (--workers \(count))", .usage) }
    guard count <= cpus.count else {
      throw BenchmarkError(
        "\(count) workers (--workers) are more than the \(cpus.count.counted("CPU")) to bind them to: "
          + CPUPlacement.ranges(cpus),
        .usage)
    }
    if wish == .other, allowed.count == 1 {
      throw BenchmarkError(
        "--placement other needs two CPUs, and this process may use CPU \(allowed[0]) only", .usage)
    }
    self.wish = wish
    self.topology = topology
    self.allowed = allowed
    switch wish {
    case .automatic, .cpus: self.cpus = Array(cpus.prefix(count))
    case .same, .other, .none: self.cpus = Array(repeating: nil, count: count)
    }
  }

  /// The CPUs in their order, as given with -A; empty takes the allowed ones.
  ///
  /// - Throws: a usage error that names what is impossible.
  public init(workers: Int?, affinity: [Int], allowed: [Int]) throws(BenchmarkError) {
    try self.init(
      workers: workers, affinity.isEmpty ? .automatic : .cpus(affinity), allowed: allowed,
      topology: CPUTopology(present: [], online: []), option: "-A")
  }

  /// Whether `queues` zero-copy queues, each with a worker, find enough CPUs in a list.
  ///
  /// - Throws: a usage error where they do not.
  func check(queues: Int) throws(BenchmarkError) {
    guard case .cpus(let list) = wish, queues > list.count else { return }
    throw BenchmarkError(
      "\(queues) zero-copy queues (-q) have a worker each, and those are more than the \(list.count.counted("CPU")) to bind "
        + "them to: \(CPUPlacement.ranges(list))", .usage)
  }

  /// The same workers under another wish.
  ///
  /// - Throws: a usage error that names what is impossible.
  func with(_ wish: PlacementWish) throws(BenchmarkError) -> CPUPlacement {
    try CPUPlacement(workers: cpus.count, wish, allowed: allowed, topology: topology)
  }

  var placer: WorkerPlacer { WorkerPlacer(wish, topology: topology, allowed: allowed) }

  private static func obstacle(_ cpu: Int, _ allowed: [Int], _ topology: CPUTopology) -> String {
    if !topology.present.isEmpty, !topology.present.contains(cpu) {
      return "this machine has no such CPU, it has \(ranges(topology.present))"
    }
    if !topology.online.isEmpty, !topology.online.contains(cpu) {
      return "it is offline — echo 1 > /sys/devices/system/cpu/cpu\(cpu)/online"
    }
    let state = topology.online.isEmpty ? "offline or not allowed" : "not allowed"
    return "it is \(state) for this process (taskset, cpuset) — allowed are \(ranges(allowed))"
  }

  /// "0-3,8" for [0, 1, 2, 3, 8].
  static func ranges(_ cpus: [Int]) -> String {
    var spans: [(first: Int, last: Int)] = []
    for cpu in cpus.sorted() {
      if let last = spans.last, last.last + 1 == cpu {
        spans[spans.count - 1].last = cpu
      } else {
        spans.append((cpu, cpu))
      }
    }
    return spans.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ",")
  }
}
