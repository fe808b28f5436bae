import Linux
import Report

/// Which CPU each worker is bound to.
public struct CPUPlacement: Sendable, Equatable {
  /// One entry per worker.
  public let cpus: [Int?]

  /// More workers than this are never started unless asked for.
  static let defaultMaximum = 8

  /// - Parameters:
  ///   - workers: how many; nil takes one per CPU of `affinity`, or per allowed CPU up to 8.
  ///   - affinity: CPUs in the order they are used, as given with -A; empty takes the allowed ones.
  ///   - allowed: the CPUs this process may use.
  /// - Throws: a usage error that names what is impossible.
  public init(workers: Int?, affinity: [Int], allowed: [Int]) throws(BenchmarkError) {
    for cpu in affinity where !allowed.contains(cpu) {
      throw BenchmarkError(
        "CPU \(cpu) (-A) cannot be used: it is offline or not allowed for this process — allowed are "
          + CPUPlacement.ranges(allowed), .usage)
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
    self.cpus = Array(cpus.prefix(count))
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
