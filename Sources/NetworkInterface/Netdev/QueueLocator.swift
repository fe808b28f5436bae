import Linux

/// Which receive queue a socket's packets arrive on: from its SO_INCOMING_NAPI_ID, by the queues an interface had when this
/// value was made. Setting channels or rings gives queues other ids.
public struct QueueLocator: Sendable, Equatable {
  private let queues: [UInt32: [Int]]

  public init(_ states: [QueueState]) {
    queues = Dictionary(
      grouping: states.filter { $0.direction == .receive && $0.napi != nil }, by: { $0.napi ?? 0 }
    ).mapValues { $0.map(\.number).sorted() }
  }

  /// Reads the queues of an interface.
  public init(interface: UInt32, through socket: inout NetdevSocket) throws(SystemCallError) {
    self.init(try socket.queues(of: interface))
  }

  /// The receive queue that `napi` serves; nil where it serves none of this interface's, or several, which it cannot tell
  /// apart. 0 is what sockets say whose packets came through no NAPI instance (lo, some veth).
  public func receiveQueue(of napi: UInt32) -> Int? {
    guard napi != 0, let found = queues[napi], found.count == 1 else { return nil }
    return found.first
  }

  /// All receive queues that `napi` serves.
  public func receiveQueues(of napi: UInt32) -> [Int] { queues[napi] ?? [] }

  /// The NAPI instance that serves receive queue `number`.
  public func napi(of number: Int) -> UInt32? { queues.first { $0.value.contains(number) }?.key }
}
