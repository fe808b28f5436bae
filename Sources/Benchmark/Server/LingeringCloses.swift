import Linux

/// Connections that were told goodbye and are read, unseen, until the peer has closed too: a close with unread bytes would
/// reset the connection and the peer might never read why.
struct LingeringCloses {
  /// Seconds.
  static let longest = 1.0
  private static let capacity = 256
  private static let mostBytes = 1 << 20

  private struct Entry {
    let socket: Socket
    /// Holds the data connections of a test that was ended early.
    let session: IperfSession?
    let deadline: MonotonicTime
    var bytes = 0
  }

  private var entries: [Int32: Entry] = [:]

  var isEmpty: Bool { entries.isEmpty }
  var deadline: MonotonicTime? { entries.values.lazy.map(\.deadline).min() }

  /// - Returns: the connection that had to go to make room.
  mutating func add(_ socket: Socket, keeping session: IperfSession?, until deadline: MonotonicTime) -> Socket? {
    let evicted = entries.count >= LingeringCloses.capacity ? entries.values.min { $0.deadline < $1.deadline } : nil
    if let evicted { entries[evicted.socket.number] = nil }
    entries[socket.number] = Entry(socket: socket, session: session, deadline: deadline)
    return evicted?.socket
  }

  func contains(_ number: Int32) -> Bool { entries[number] != nil }

  /// Reads what has come. True when the connection may be let go.
  ///
  /// - Parameter isReadByRing: a zero-copy queue reads it too, so that EFAULT means no more than that there is something.
  mutating func isDone(_ number: Int32, isReadByRing: Bool) -> Bool {
    guard let entry = entries[number] else { return false }
    switch entry.socket.receive(atMost: 65_536) {
    case .bytes(let bytes):
      entries[number]?.bytes += bytes.count
      return entry.bytes + bytes.count > LingeringCloses.mostBytes
    case .nothing: return false
    case .failed(.badAddress) where isReadByRing: return false
    case .endOfStream, .failed: return true
    }
  }

  /// Closes it: the descriptor leaves every epoll set with that.
  mutating func remove(_ number: Int32) {
    entries[number] = nil
  }

  mutating func expire(at now: MonotonicTime) {
    entries = entries.filter { $0.value.deadline > now }
  }
}
