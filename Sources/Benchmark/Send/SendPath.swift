import Linux

/// One way of sending, confined to its stream's thread.
protocol SendPath: ~Copyable {
  init(_ payload: Payload) throws(SystemCallError)
  /// Sends at most `count` bytes of the stream, which continue at `offset`: how many were taken, or −1 with errno.
  mutating func send(_ descriptor: Int32, at offset: UInt64, count: Int) -> Int
}

/// What streams are filled with.
struct Payload: Sendable {
  let pattern: Pattern
  /// Every byte stands where the pattern has it. Otherwise each call sends the pattern's beginning: memory that stays in the
  /// cache, as iperf3's one block does.
  let followsPattern: Bool
  /// The pattern's block as a file, for the paths that send from one.
  let file: Descriptor?

  /// Where in the pattern's block the bytes at `offset` of a stream begin.
  func position(of offset: UInt64) -> UInt64 {
    followsPattern ? offset & UInt64(Pattern.period - 1) : 0
  }
}
