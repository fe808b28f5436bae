import Report

/// Where workers are to run, relative to the CPU that processes their packets in softirq (`--placement`).
public enum PlacementWish: Sendable, Equatable {
  /// Nothing was asked for. Workers of zero-copy queues go to CPUs of the interface's NUMA node, but for the one that
  /// serves their queue where there is room; other workers take the CPUs they may use in turn.
  case automatic
  /// The CPU that serves.
  case same
  /// Another one of its NUMA node, of another core where there is a choice.
  case other
  /// None: the scheduler's choice.
  case none
  /// These, in turn.
  case cpus([Int])

  var reported: CPUPlacementReport.Wish {
    switch self {
    case .automatic: .automatic
    case .same: .same
    case .other: .other
    case .none: .none
    case .cpus: .list
    }
  }

  /// The listed CPUs; empty for all else.
  var list: [Int] { if case .cpus(let cpus) = self { cpus } else { [] } }
}
