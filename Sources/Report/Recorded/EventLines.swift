import BoundedJSON

/// Puts the lines of one test (`--json-stream`, ours and iperf3's) together into its document.
struct EventLines {
  private var document = JSONObject()
  private var intervals: [JSONValue] = []
  /// Whether any line was met.
  private(set) var wasUsed = false
  /// Whether lines of a test were met that has not ended.
  private(set) var isOpen = false

  /// - Returns: the whole document, when this event is the last of its test.
  mutating func add(event: String, data: JSONValue) -> JSONValue? {
    wasUsed = true
    isOpen = true
    if event == "interval" {
      intervals.append(data)
    } else {
      document[event] = data
    }
    // iperf3 ends with `end`, zcrx-bench with one more.
    return event == "zcrx_bench" ? end() : nil
  }

  /// The document of what was met; nil when it lacks its end. A test that fell through has an `error` and nothing else.
  mutating func end() -> JSONValue? {
    defer { self = EventLines(wasUsed: wasUsed) }
    guard document["end"] != nil || document["error"] != nil else { return nil }
    var whole: JSONObject = [
      "start": document["start"] ?? .object([:]), "intervals": .array(intervals),
      "end": document["end"] ?? .object([:]),
    ]
    whole["error"] = document["error"]
    whole["zcrx_bench"] = document["zcrx_bench"]
    return .object(whole)
  }

  init() {}

  private init(wasUsed: Bool) {
    self.wasUsed = wasUsed
  }
}
