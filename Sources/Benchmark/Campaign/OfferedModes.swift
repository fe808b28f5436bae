import BoundedJSON

/// Which modes a server lets this client choose, as it told (`Extras.modes`). The server's words are cut to a line.
struct OfferedModes: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    /// Why it cannot be had; nil where it can be tried.
    var unavailable: String?
    /// What it really is, where its name does not say it all.
    var label: String?
  }

  private let entries: [ReceiveMode: Entry]
  /// Why the server refused the test before.
  let lastRefusal: String?

  /// - Returns: nil where the server told of no modes: a stock iperf3, or a zcrx-bench before 0.1.
  init?(_ extras: JSONObject?) {
    guard let extras, let modes = extras[Extras.modes]?.object else { return nil }
    var entries: [ReceiveMode: Entry] = [:]
    for mode in ReceiveMode.allCases {
      guard let entry = modes[mode.rawValue]?.object else { continue }
      entries[mode] = Entry(
        unavailable: OfferedModes.words(entry[Extras.unavailable]), label: OfferedModes.words(entry[Extras.label]))
    }
    self.entries = entries
    lastRefusal = OfferedModes.words(extras[Extras.lastRefusal])
  }

  subscript(mode: ReceiveMode) -> Entry {
    entries[mode] ?? Entry(unavailable: "the server does not know this mode")
  }

  /// Longest sentence that is kept, in characters.
  private static let mostCharacters = 400

  private static func words(_ value: JSONValue?) -> String? {
    value?.string.map { String($0.prefix(mostCharacters)) }
  }
}
