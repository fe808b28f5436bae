/// A device with counters as /sys/bus/event_source/devices describes it.
struct EventSourceDevice: Sendable {
  let name: String
  /// perf_event_attr.type.
  let type: UInt32
  let formats: [String: EventFormat]
  let events: [String: Event]
  /// The CPUs its counters are opened on, one for each socket or die; nil where it names none.
  let cpus: [Int]?
  /// What some drivers call the hardware by (Documentation/ABI/testing/sysfs-bus-event_source-devices).
  let identifier: String?

  struct Event: Sendable, Equatable {
    /// "event=0x04,umask=0x03".
    let terms: String
    /// Bytes for one count; nil where its files do not tell.
    let bytesPerCount: Double?
  }

  static let folder = "/sys/bus/event_source/devices"

  /// All devices, by name.
  static func all(in tree: SystemTree) -> [EventSourceDevice] {
    tree.names(in: folder).compactMap { EventSourceDevice($0, in: tree) }
  }

  /// Nil where the device has no type, without which nothing can be opened.
  init?(_ name: String, in tree: SystemTree) {
    let path = "\(Self.folder)/\(name)"
    guard let type = tree.text("\(path)/type").flatMap({ UInt32($0) }) else { return nil }
    self.name = name
    self.type = type
    var formats: [String: EventFormat] = [:]
    for term in tree.names(in: "\(path)/format") {
      formats[term] = tree.text("\(path)/format/\(term)").flatMap(EventFormat.init)
    }
    self.formats = formats
    var events: [String: Event] = [:]
    // Names with a dot hold another event's scale, unit or the like.
    for event in tree.names(in: "\(path)/events") where !event.contains(".") {
      guard let terms = tree.text("\(path)/events/\(event)") else { continue }
      events[event] = Event(
        terms: terms,
        bytesPerCount: EventUnit.bytesPerCount(
          scale: tree.text("\(path)/events/\(event).scale"), unit: tree.text("\(path)/events/\(event).unit")))
    }
    self.events = events
    cpus = tree.text("\(path)/cpumask").flatMap(CPUMask.parse)
    identifier = tree.text("\(path)/identifier")
  }

  /// Terms as perf_event_attr's words: "event=0x04,umask=0x03"; a term without a value is 1. Nil for a term that the device
  /// does not have, a value that has no room in it, and a value the user would have to give ("?").
  func selection(of terms: String) -> EventSelection? {
    var selection = EventSelection()
    for term in terms.split(separator: ",") {
      let parts = term.split(separator: "=", maxSplits: 1)
      guard let name = parts.first, let value = parts.count == 2 ? Self.number(parts[1]) : 1 else { return nil }
      if let format = formats[String(name)] {
        guard format.set(value, in: &selection) else { return nil }
      } else if let word = EventSelection.Word(rawValue: String(name)) {
        selection.add(value, to: word)
      } else {
        return nil
      }
    }
    return selection
  }

  private static func number(_ text: Substring) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }
}
