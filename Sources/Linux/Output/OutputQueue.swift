/// What waits to be written: for each output in the order it came, within bounds, so that a reader who stands still costs
/// neither time nor memory without end.
struct OutputQueue {
  enum Item {
    case bytes([UInt8])
    /// Writes by itself, as long as it takes.
    case operation(@Sendable () -> Void)
  }

  /// Bytes that may wait for one output: of what is left out first, and of all.
  struct Limits {
    var optional = 1 << 20
    var all = 64 << 20
  }

  private struct Waiting {
    let output: Output
    var items: [(number: UInt64, item: Item)] = []
    /// The item that is next; those before it are done.
    var first = 0
    /// Bytes of it that are written.
    var written = 0
    /// Bytes of all.
    var bytes = 0
    var isStalled = false
  }

  private var waiting: [ObjectIdentifier: Waiting] = [:]
  private var arrivals: UInt64 = 0
  let limits: Limits

  init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// - Returns: false where there was no room. The first item always has some, however long it is.
  mutating func add(_ item: Item, for output: Output, isOptional: Bool) -> Bool {
    var entry = waiting[ObjectIdentifier(output)] ?? Waiting(output: output)
    let size = if case .bytes(let bytes) = item { bytes.count } else { 0 }
    let limit = isOptional ? limits.optional : limits.all
    guard entry.items.isEmpty || entry.bytes + size <= limit else { return false }
    arrivals += 1
    entry.items.append((arrivals, item))
    entry.bytes += size
    waiting[ObjectIdentifier(output)] = entry
    return true
  }

  /// What came first and whose output is not known to be stalled, with the bytes of it that are written already.
  var next: (output: Output, item: Item, written: Int)? {
    let entry = waiting.values.filter { !$0.isStalled }.min { $0.items[$0.first].number < $1.items[$1.first].number }
    return entry.map { ($0.output, $0.items[$0.first].item, $0.written) }
  }

  var isEmpty: Bool { waiting.isEmpty }

  func holds(_ output: Output) -> Bool { waiting[ObjectIdentifier(output)] != nil }

  var outputs: [Output] { waiting.values.map(\.output) }

  var stalled: [Output] { waiting.values.filter(\.isStalled).map(\.output) }

  mutating func stall(_ output: Output) { waiting[ObjectIdentifier(output)]?.isStalled = true }
  mutating func resume(_ output: Output) { waiting[ObjectIdentifier(output)]?.isStalled = false }

  /// `count` more bytes of the first item of `output` are written, or its operation is done.
  mutating func advance(_ output: Output, by count: Int) {
    guard var entry = waiting.removeValue(forKey: ObjectIdentifier(output)) else { return }
    entry.written += count
    entry.bytes -= count
    let size = if case .bytes(let bytes) = entry.items[entry.first].item { bytes.count } else { 0 }
    if entry.written >= size {
      entry.items[entry.first].item = .bytes([])
      entry.first += 1
      entry.written = 0
    }
    guard entry.first < entry.items.count else { return }
    if entry.first > 64, entry.first > entry.items.count / 2 {
      entry.items.removeFirst(entry.first)
      entry.first = 0
    }
    waiting[ObjectIdentifier(output)] = entry
  }

  /// Nothing more can be written to `output`.
  mutating func drop(_ output: Output) { waiting[ObjectIdentifier(output)] = nil }
}
