import Linux

/// The first bytes of a stream, read to find out what it is.
struct IdentifiedBytes {
  var bytes: [UInt8] = []
  /// Of them, how many recv() took; a zero-copy queue brought the rest.
  var copied = 0
  /// More of them may have been copied.
  var isUnclear = false
}

/// A connection that has not shown yet what it is.
struct PendingConnection {
  let socket: Socket
  /// Position in the order of acceptance, which decides a stream's number.
  let arrival: UInt64
  /// When it is given up, or taken for a raw stream when it has begun to send.
  var deadline: MonotonicTime
  var identifier = ConnectionIdentifier()
  /// Set while a zero-copy queue reads it, because recv() cannot.
  var reading: UInt32?
  /// What the bytes that a zero-copy queue brought decided.
  var verdict = ConnectionIdentifier.Verdict.undecided
  /// How often it turned out to lie in another ring's memory.
  var readings = 0
  /// Bytes that a zero-copy queue brought without a copy, as far as is known; whether it is not known of some.
  private(set) var bytesByRing = 0
  private(set) var isUnclear = false

  mutating func noteBytesByRing(_ count: Int, copied: Int?) {
    bytesByRing += count - (copied ?? 0)
    if copied == nil { isUnclear = true }
  }

  var identified: IdentifiedBytes {
    IdentifiedBytes(bytes: identifier.bytes, copied: identifier.bytes.count - bytesByRing, isUnclear: isUnclear)
  }
}
