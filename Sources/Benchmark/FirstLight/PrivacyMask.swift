import Linux
import Metering
import NetworkInterface

/// Takes out of a text what tells whose machine it is from: addresses and names. Each address becomes a number, the same
/// wherever it stands, so that the text still says which are one.
public struct PrivacyMask {
  private let names: [[Character]]
  private let kept: [[Character]]
  private var addresses: [String] = []

  /// - Parameters:
  ///   - names: of the host, its domain, the interface's alias; masked as whole words.
  ///   - kept: words that look like an address and are none: versions, of a driver's firmware for example.
  public init(names: [String], kept: [String] = []) {
    func longestFirst(_ words: [String]) -> [[Character]] {
      words.filter { !$0.isEmpty }.map(Array.init).sorted { $0.count > $1.count }
    }
    self.names = longestFirst(names)
    self.kept = longestFirst(kept)
  }

  /// - Parameter interface: whose alias is masked too, and whose name is kept.
  public static func ofThisMachine(interface: String, kept: [String]) -> PrivacyMask {
    let host = MachineFacts.read().host
    let alias = Reading { () throws(SystemCallError) in
      try TextFile.read("/sys/class/net/\(interface)/ifalias", limit: 256)
    }
    let names = [host, String(host.prefix { $0 != "." }), alias.value ?? ""]
    return PrivacyMask(names: names.map { $0.filter { !$0.isNewline } }, kept: kept + [interface])
  }

  public mutating func masked(_ text: String) -> String {
    let text = Array(text)
    var result: [Character] = []
    var at = 0
    while at < text.count {
      let isWordStart = at == 0 || !PrivacyMask.isInWord(text[at - 1])
      if isWordStart, let word = kept.first(where: { PrivacyMask.stands($0, at: at, in: text) }) {
        result += word
        at += word.count
      } else if isWordStart, let name = names.first(where: { PrivacyMask.stands($0, at: at, in: text) }) {
        result += "<name>"
        at += name.count
      } else if PrivacyMask.isInAddress(text[at]) {
        let run = text[at...].prefix(while: PrivacyMask.isInAddress)
        result += maskedRun(String(run))
        at += run.count
      } else {
        result.append(text[at])
        at += 1
      }
    }
    return String(result)
  }

  private static func isInAddress(_ character: Character) -> Bool {
    character.isASCII && character.isHexDigit || character == ":" || character == "."
  }

  private static func isInWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

  private static func stands(_ word: [Character], at start: Int, in text: [Character]) -> Bool {
    let end = start + word.count
    return end <= text.count && text[start..<end].elementsEqual(word) && (end == text.count || !isInWord(text[end]))
  }

  /// What a run of an address's characters says: an address, with punctuation behind it, or a port.
  private mutating func maskedRun(_ run: String) -> String {
    var address = Substring(run)
    while !address.isEmpty {
      if PrivacyMask.isAddress(String(address)) { return number(String(address)) + run[address.endIndex...] }
      guard let end = address.lastIndex(where: { $0 == ":" || $0 == "." }) else { break }
      address = address[..<end]
    }
    return run
  }

  /// Of IPv4, IPv6 or a device: six bytes or more.
  private static func isAddress(_ text: String) -> Bool {
    if FlowAddress(text) != nil { return true }
    let groups = text.split(separator: ":", omittingEmptySubsequences: false)
    return groups.count >= 6 && groups.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isHexDigit) }
  }

  private mutating func number(_ address: String) -> String {
    let index = addresses.firstIndex(of: address) ?? addresses.count
    if index == addresses.count { addresses.append(address) }
    return "<address \(index + 1)>"
  }
}
