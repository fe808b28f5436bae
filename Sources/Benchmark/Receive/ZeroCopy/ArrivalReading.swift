import Linux
import NetworkInterface

/// What the kernel tells about an interface's receive queues at one moment.
struct ArrivalReading: Sendable {
  var queues: Reading<[QueueState]>
  var pools: Reading<[PagePoolState]>
  var counters: Reading<[QueueStatistics]>

  /// Reads those of the interface with this index.
  static func read(interface: UInt32) -> ArrivalReading {
    ArrivalReading(
      queues: ask { (socket) throws(SystemCallError) in try socket.queues(of: interface) },
      pools: ask { (socket) throws(SystemCallError) in try socket.pagePools(of: interface) },
      counters: ask { (socket) throws(SystemCallError) in try socket.queueStatistics(of: interface) })
  }

  private static func ask<Value>(_ question: (inout NetdevSocket) throws(SystemCallError) -> Value) -> Reading<Value> {
    Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      return try question(&socket)
    }
  }

  /// Whether io_uring provides a queue's memory; nil where that is not known.
  func isBound(_ queue: Int) -> Bool? { state(of: queue).map { $0.ring != nil } }

  /// Whether a page pool of a queue's NAPI is io_uring's; nil where none can be told to be the queue's.
  func isPooled(_ queue: Int) -> Bool? {
    guard let napi = state(of: queue)?.napi else { return nil }
    let pools = (pools.value ?? []).filter { $0.napi == napi && $0.detachSeconds == nil }
    return pools.isEmpty ? nil : pools.contains(where: \.isRingProvided)
  }

  func count(_ counter: QueueCounter, of queue: Int) -> UInt64? {
    counters.value?.first { $0.direction == .receive && $0.queue == queue }?.counters[counter]
  }

  /// The receive queues that count anything.
  var countedQueues: [Int] { (counters.value ?? []).filter { $0.direction == .receive }.map(\.queue) }

  private func state(of queue: Int) -> QueueState? {
    queues.value?.first { $0.direction == .receive && $0.number == queue }
  }
}
