import BoundedJSON

/// What disturbed a run in one line, from the JSON of one report or of both sides': `server: steal: …; client: load: …`.
///
/// Read by key and within bounds: one of the two reports came from a peer, and either may be of another minor version.
public struct DisturbanceSummary: Sendable, Equatable {
  /// Nil where nothing was seen.
  public let text: String?

  /// More than this are counted, not named.
  static let mostNamed = 8
  /// Characters of a sentence; those of this tool are shorter.
  static let longestSentence = 300
  /// Entries of one report that are looked at.
  static let mostRead = 64

  /// - Parameters:
  ///   - receiver: the receiver's `zcrx_bench` object; nil when it did not send one.
  ///   - sender: the sender's, which may hold the receiver's disturbances already.
  public init(receiver: JSONValue?, sender: JSONValue?) {
    var sentences: [String] = []
    var hasSender = false
    for entry in [receiver, sender].flatMap(Self.entries) {
      // Both sides draw this conclusion, from the same figures.
      if entry.kind == Disturbance.Kind.sender.rawValue {
        if hasSender { continue }
        hasSender = true
      }
      if !sentences.contains(entry.text) { sentences.append(entry.text) }
    }
    let more = sentences.count - Self.mostNamed
    let named = sentences.prefix(Self.mostNamed) + (more > 0 ? ["and \(more) more"] : [])
    text = named.isEmpty ? nil : named.joined(separator: "; ")
  }

  private static func entries(of report: JSONValue?) -> [(kind: String, text: String)] {
    let role = report?.at("role")?.string
    return (report?.at("disturbances.seen")?.array ?? []).prefix(mostRead).compactMap { entry in
      guard let kind = entry.at("kind")?.string, let sentence = entry.at("sentence")?.string else { return nil }
      let side = entry.at("side")?.string ?? role
      let words = [side, kind, sentence].compactMap(\.self).map { String($0.prefix(longestSentence)) }
      return (kind, words.joined(separator: ": ").printable)
    }
  }
}

extension DisturbanceReport {
  /// All that was seen in one line; nil where nothing was.
  public var summary: String? {
    seen.isEmpty ? nil : seen.map(\.text).joined(separator: "; ")
  }
}

extension Disturbance {
  /// `server: steal: …`.
  public var text: String { "\(side.rawValue): \(kind.rawValue): \(sentence)" }
}
