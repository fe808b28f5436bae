import Linux

/// A connection that has not shown yet what it is.
struct PendingConnection {
  let socket: Socket
  /// Position in the order of acceptance, which decides a stream's number.
  let arrival: UInt64
  /// When it is given up, or taken for a raw stream when it has begun to send.
  let deadline: MonotonicTime
  var identifier = ConnectionIdentifier()
}
