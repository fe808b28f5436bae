/// What a side counted, for comparing it with the other's.
struct Account: CustomStringConvertible {
  var completions: UInt64
  var bytes: UInt64
  var proven: UInt64
  /// Of every other counter, in an order both sides keep.
  private var digest: UInt64 = 0

  init(completions: UInt64, bytes: UInt64, proven: UInt64) {
    (self.completions, self.bytes, self.proven) = (completions, bytes, proven)
  }

  mutating func add(_ counter: UInt64) {
    digest = (digest ^ counter) &* 0x100_0000_01B3
  }

  /// One of many counters, of which a side may leave out those that are 0.
  mutating func add(_ counter: UInt64, at place: Int) {
    guard counter > 0 else { return }
    add(UInt64(place))
    add(counter)
  }

  var description: String { "completions=\(completions) bytes=\(bytes) proven=\(proven) counters=\(digest)" }
}
