import Linux

/// The connections that have not been identified yet, at most `capacity` of them.
struct Lobby {
  /// When one more comes, the one that has waited longest goes: strangers cannot keep a client out by being silent.
  static let mostWaiting = 1024
  let capacity: Int

  /// - Parameter openFiles: descriptors the process may have; half of them are left to tests.
  init(openFiles: Int) {
    capacity = max(1, min(Lobby.mostWaiting, openFiles / 2))
  }

  private var waiting: [Int32: PendingConnection] = [:]

  var isEmpty: Bool { waiting.isEmpty }

  /// - Returns: the connection that had to go.
  mutating func admit(_ connection: PendingConnection) -> PendingConnection? {
    let evicted =
      waiting.count >= capacity ? waiting.values.min { $0.arrival < $1.arrival } : nil
    if let evicted { waiting[evicted.socket.number] = nil }
    waiting[connection.socket.number] = connection
    return evicted
  }

  mutating func take(_ number: Int32) -> PendingConnection? {
    waiting.removeValue(forKey: number)
  }

  mutating func putBack(_ connection: PendingConnection) {
    waiting[connection.socket.number] = connection
  }

  /// When the first of them runs out of time.
  var deadline: MonotonicTime? { waiting.values.lazy.map(\.deadline).min() }

  mutating func takeExpired(at now: MonotonicTime) -> [PendingConnection] {
    let expired = waiting.values.filter { $0.deadline <= now }.sorted { $0.arrival < $1.arrival }
    for connection in expired { waiting[connection.socket.number] = nil }
    return expired
  }
}
