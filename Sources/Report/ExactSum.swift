extension UInt64 {
  /// The sum of what is counted; nil where it is no 64-bit number. Peers and files may claim 2^64 − 1 bytes, and twice.
  public init?(summing counts: some Sequence<UInt64>) {
    var sum: UInt64 = 0
    for count in counts {
      let (more, isTooLarge) = sum.addingReportingOverflow(count)
      guard !isTooLarge else { return nil }
      sum = more
    }
    self = sum
  }
}
