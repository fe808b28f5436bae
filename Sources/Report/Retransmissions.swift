extension IntervalReport {
  /// Segments retransmitted by all streams; nil when one of them did not tell.
  var retransmits: UInt64? {
    streams.map(\.retransmits).sumIfAllKnown
  }
}

extension RunReport {
  /// Segments stream `stream` retransmitted in the seconds that count; nil when it is not known.
  ///
  /// The kernel counts since the connection began. With seconds omitted only the intervals can tell the two apart.
  func retransmits(of stream: StreamReport) -> UInt64? {
    if settings.omit == 0, let tcp = stream.tcp { return tcp.retransmits }
    let counted = intervals.filter { !$0.omitted }.flatMap(\.streams).filter { $0.id == stream.id }
    return counted.map(\.retransmits).sumIfAllKnown
  }

  /// All streams together; nil when one of them is not known.
  package var retransmits: UInt64? {
    streams.map(retransmits(of:)).sumIfAllKnown
  }
}

extension [UInt64?] {
  /// Nil for an empty collection, too: no account is not an account of zero.
  fileprivate var sumIfAllKnown: UInt64? {
    let known = compactMap { $0 }
    return isEmpty || known.count < count ? nil : UInt64(summing: known)
  }
}
