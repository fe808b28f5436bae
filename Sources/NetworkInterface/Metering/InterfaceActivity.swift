import Linux
import SystemPackage

/// What an interface has counted at one time, or between two.
public struct InterfaceActivity: Sendable, Equatable {
  public var link: Reading<LinkStatistics>
  public var queues: Reading<[QueueStatistics]>
  /// As they stand, also in a difference: a pool has no beginning of ours.
  public var pools: Reading<[PagePoolState]>
  public var poolStatistics: Reading<[PagePoolStatistics]>
  /// True in a difference in which counters stepped back, because the driver made its queues anew. Those are left out.
  public var wasReset = false

  /// Reads the interface with this index in the network namespace of the calling thread: four requests over netlink.
  /// Needs no privilege.
  public static func read(_ interface: UInt32) -> InterfaceActivity {
    func netdev<Value>(
      _ question: (inout NetdevSocket) throws(SystemCallError) -> Value
    ) -> Reading<Value> {
      Reading { () throws(SystemCallError) in
        var socket = try NetdevSocket()
        return try question(&socket)
      }
    }
    return InterfaceActivity(
      link: Reading { () throws(SystemCallError) in
        var routes = try RouteSocket()
        guard let statistics = try routes.linkStatistics(index: interface) else {
          throw SystemCallError(
            attempt: "read the counters of interface \(interface)", call: "RTM_GETLINK",
            errno: .operationNotSupportedByDevice)
        }
        return statistics
      },
      queues: netdev { socket throws(SystemCallError) in try socket.queueStatistics(of: interface) },
      pools: netdev { socket throws(SystemCallError) in try socket.pagePools(of: interface) },
      poolStatistics: netdev { socket throws(SystemCallError) in try socket.pagePoolStatistics(of: interface) })
  }

  public init(
    link: Reading<LinkStatistics>, queues: Reading<[QueueStatistics]>, pools: Reading<[PagePoolState]>,
    poolStatistics: Reading<[PagePoolStatistics]>
  ) {
    self.link = link
    self.queues = queues
    self.pools = pools
    self.poolStatistics = poolStatistics
  }

  /// What was counted after `earlier`. Queues and pools that were not there then are left out, and so is what stepped
  /// back.
  public func since(_ earlier: InterfaceActivity) -> InterfaceActivity {
    var difference = self
    var wasReset = false
    if case .known(let now) = link {
      switch earlier.link {
      case .known(let before):
        if let spent = now.since(before) {
          difference.link = .known(spent)
        } else {
          wasReset = true
          difference.link = .refused(InterfaceActivity.countedAnew)
        }
      case .notOffered, .refused: difference.link = earlier.link
      }
    }
    difference.queues = InterfaceActivity.spent(queues, earlier.queues, &wasReset)
    difference.poolStatistics = InterfaceActivity.spent(poolStatistics, earlier.poolStatistics, &wasReset)
    difference.wasReset = wasReset
    return difference
  }

  private static let countedAnew = SystemCallError(
    attempt: "take the difference of two readings: the interface began to count anew", call: "RTM_GETLINK",
    errno: .noData)

  private static func spent<Counters: RunningCounters>(
    _ now: Reading<[Counters]>, _ before: Reading<[Counters]>, _ wasReset: inout Bool
  ) -> Reading<[Counters]> {
    guard case .known(let now) = now, case .known(let before) = before else {
      if case .known = now { return before }
      return now
    }
    var differences: [Counters] = []
    for counters in now {
      guard let earlier = before.first(where: { $0.isOfSame(as: counters) }) else { continue }
      if let spent = counters.since(earlier) {
        differences.append(spent)
      } else {
        wasReset = true
      }
    }
    return .known(differences)
  }
}

/// Counters of something that is one of several.
private protocol RunningCounters {
  /// Whether both count the same thing.
  func isOfSame(as other: Self) -> Bool
  func since(_ earlier: Self) -> Self?
}

extension QueueStatistics: RunningCounters {
  func isOfSame(as other: QueueStatistics) -> Bool { queue == other.queue && direction == other.direction }

  /// What was counted after `earlier`; nil where a counter stepped back: the driver made the queue anew.
  public func since(_ earlier: QueueStatistics) -> QueueStatistics? {
    var difference = QueueStatistics(queue: queue, direction: direction, counters: [:])
    for (counter, value) in counters {
      guard let before = earlier.counters[counter] else { continue }
      guard value >= before else { return nil }
      difference.counters[counter] = value - before
    }
    return difference
  }
}

extension PagePoolStatistics: RunningCounters {
  func isOfSame(as other: PagePoolStatistics) -> Bool { pool == other.pool }

  private static let counters: [WritableKeyPath<PagePoolStatistics, UInt64> & Sendable] = [
    \.fastAllocations, \.slowAllocations, \.slowHighOrderAllocations, \.emptyRing, \.refills, \.waived,
    \.recycledToCache, \.cacheFull, \.recycledToRing, \.ringFull, \.releasedInUse,
  ]

  /// What was counted after `earlier`; nil where a counter stepped back.
  public func since(_ earlier: PagePoolStatistics) -> PagePoolStatistics? {
    var difference = self
    for counter in PagePoolStatistics.counters {
      guard self[keyPath: counter] >= earlier[keyPath: counter] else { return nil }
      difference[keyPath: counter] = self[keyPath: counter] - earlier[keyPath: counter]
    }
    return difference
  }
}
