import Report

/// How much of a stream TCP_ZEROCOPY_RECEIVE mapped, once the omitted seconds are taken off.
struct MappedBytes: Equatable {
  /// Of the whole stream.
  var mapped: UInt64
  var received: UInt64
  /// Of them, bytes that do not count: 0 without omitted seconds.
  var omitted: UInt64 = 0
  /// What had been mapped before and after the moment at which those were counted.
  var mappedBefore: UInt64 = 0
  var mappedAfter: UInt64 = 0
  /// Most bytes that one call maps: a worker counts a call's bytes first and what it mapped of them next.
  var longestCall: UInt64

  /// Bytes that count and were mapped; exact where nothing was omitted.
  var counted: ByteBounds {
    guard omitted > 0 else { return ByteBounds(exactly: mapped) }
    let mostOmitted = min(omitted, mappedAfter &+ longestCall)
    let counting = received - min(received, omitted)
    let atMost = min(counting, mapped - min(mapped, mappedBefore))
    return ByteBounds(atLeast: min(atMost, mapped - min(mapped, mostOmitted)), atMost: atMost)
  }
}

extension ByteBounds {
  static func + (left: ByteBounds, right: ByteBounds) -> ByteBounds {
    ByteBounds(atLeast: left.atLeast + right.atLeast, atMost: left.atMost + right.atMost)
  }
}
