/// What `--verify` found: every received byte compared with the documented pattern.
public struct VerificationReport: Sendable, Equatable {
  public var checkedBytes: UInt64
  /// Offset within its stream of the first byte that differed, and that stream; nil when every byte was right.
  public var firstWrongOffset: UInt64?
  public var wrongStream: Int?
  /// CPU seconds spent on comparing, so that its cost can be told from the transfer's.
  public var cpuSeconds: Double

  public init(checkedBytes: UInt64, firstWrongOffset: UInt64?, wrongStream: Int?, cpuSeconds: Double) {
    self.checkedBytes = checkedBytes
    self.firstWrongOffset = firstWrongOffset
    self.wrongStream = wrongStream
    self.cpuSeconds = cpuSeconds
  }
}
