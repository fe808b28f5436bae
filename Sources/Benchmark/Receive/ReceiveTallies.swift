import Linux

/// What a worker counted over all its flows; read after it has been joined.
struct ReceiveTallies: Sendable {
  /// Receive calls, those that found nothing included.
  var calls: UInt64 = 0
  /// Bytes per receive call that brought some.
  var sizes: SampleDistribution
  /// CPU time spent on comparing with the pattern, nanoseconds.
  var verificationNanoseconds: Int64 = 0
  /// Why waiting does not poll the interface as asked for; nil where it does, or was not asked to.
  var pollingRefusal: SystemCallError?

  /// - Parameter length: the largest size one call can bring, bytes.
  init(length: Int) {
    sizes = SampleDistribution(highest: UInt64(max(length, 1)))
  }
}
