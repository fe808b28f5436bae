/// Where the value of a term goes in perf_event_attr: "config:0-7,32-35", as a device's `format` folder has it
/// (Documentation/ABI/testing/sysfs-bus-event_source-devices-format).
struct EventFormat: Sendable, Equatable {
  let word: EventSelection.Word
  /// The lowest bits of the value go into the first range.
  let bits: [ClosedRange<Int>]

  /// Nil for a text that is no such description, or names a word this tool does not set.
  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let word = EventSelection.Word(rawValue: String(parts[0])) else { return nil }
    self.word = word
    var bits: [ClosedRange<Int>] = []
    for part in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0, first <= last,
        last < 64
      else { return nil }
      bits.append(first...last)
    }
    self.bits = bits
  }

  /// Puts `value` into its place; false where it has more bits than there is room for.
  func set(_ value: UInt64, in selection: inout EventSelection) -> Bool {
    var rest = value
    for range in bits {
      // A shift by 64 gives 0 in Swift, as wanted for a range of all bits.
      let mask = ~UInt64(0) >> UInt64(64 - range.count)
      selection.add((rest & mask) << UInt64(range.lowerBound), to: word)
      rest >>= UInt64(range.count)
    }
    return rest == 0
  }
}

/// What of perf_event_attr selects an event within a device.
struct EventSelection: Sendable, Equatable {
  enum Word: String, Sendable {
    case config
    case config1
    case config2
  }

  private(set) var config: UInt64 = 0
  private(set) var config1: UInt64 = 0
  private(set) var config2: UInt64 = 0

  mutating func add(_ bits: UInt64, to word: Word) {
    switch word {
    case .config: config |= bits
    case .config1: config1 |= bits
    case .config2: config2 |= bits
    }
  }
}
