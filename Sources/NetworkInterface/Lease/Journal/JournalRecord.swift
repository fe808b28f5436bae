/// One line of a journal. What is about to be done is written before it is done, so that a line that is missing or torn
/// is of something that was not done.
enum JournalRecord: Sendable, Equatable {
  /// The first line.
  case identity(JournalIdentity, queues: [Int])
  /// A setting is about to be changed; entries are numbered from 1.
  case change(Int, LeaseChange)
  /// A rule is about to be inserted, at its location or where the driver puts it.
  case rule(Int, FlowRule)
  /// Where the rule of an entry went.
  case placed(Int, location: UInt32)
  /// An RSS context is about to be made.
  case context(Int, LeaseContext)
  /// The number that the context of an entry was given.
  case made(Int, context: UInt32)
  /// An entry has been undone, or was never done.
  case undone(Int)
  /// All entries so far are meant to outlive the process.
  case kept
}

/// What a journal says has been done and not undone.
struct JournalEntry: Sendable, Equatable {
  enum Deed: Sendable, Equatable {
    case change(LeaseChange)
    case rule(FlowRule)
    case context(LeaseContext)
  }

  var number: Int
  var deed: Deed
  var isKept = false
}

/// A journal's lines, taken together.
struct JournalContents: Sendable, Equatable {
  var identity: JournalIdentity?
  /// Those of the last lease.
  var queues: [Int] = []
  /// Those of what is kept, too.
  var allQueues: [Int] = []
  /// In the order they were done.
  var entries: [JournalEntry] = []
  /// The highest number ever given.
  var lastNumber = 0

  /// Reads lines; those that no version of this tool writes are counted.
  static func parse(_ bytes: ArraySlice<UInt8>) -> (contents: JournalContents, unreadable: Int) {
    var (contents, unreadable) = (JournalContents(), 0)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if let record = JournalRecord(line: line) { contents.take(record) } else { unreadable += 1 }
    }
    return (contents, unreadable)
  }

  mutating func take(_ record: JournalRecord) {
    switch record {
    case .identity(let identity, let queues):
      self.identity = identity
      self.queues = queues
      allQueues = Array(Set(allQueues + queues)).sorted()
    case .change(let number, let change): add(JournalEntry(number: number, deed: .change(change)))
    case .rule(let number, let rule): add(JournalEntry(number: number, deed: .rule(rule)))
    case .placed(let number, let location):
      guard let place = entries.firstIndex(where: { $0.number == number }),
        case .rule(var rule) = entries[place].deed
      else { return }
      rule.location = location
      entries[place].deed = .rule(rule)
    case .context(let number, let context): add(JournalEntry(number: number, deed: .context(context)))
    case .made(let number, let given):
      guard let place = entries.firstIndex(where: { $0.number == number }),
        case .context(var context) = entries[place].deed
      else { return }
      context.number = given
      entries[place].deed = .context(context)
    case .undone(let number): entries.removeAll { $0.number == number }
    case .kept: for place in entries.indices { entries[place].isKept = true }
    }
  }

  private mutating func add(_ entry: JournalEntry) {
    entries.append(entry)
    lastNumber = max(lastNumber, entry.number)
  }

  /// The shortest journal that says the same.
  var records: [JournalRecord] {
    guard let identity else { return [] }
    func lines(_ entries: [JournalEntry]) -> [JournalRecord] {
      entries.map { entry in
        switch entry.deed {
        case .change(let change): .change(entry.number, change)
        case .rule(let rule): .rule(entry.number, rule)
        case .context(let context): .context(entry.number, context)
        }
      }
    }
    let kept = entries.filter(\.isKept)
    return [.identity(identity, queues: allQueues)] + lines(kept) + (kept.isEmpty ? [] : [.kept])
      + [.identity(identity, queues: queues)] + lines(entries.filter { !$0.isKept })
  }
}
