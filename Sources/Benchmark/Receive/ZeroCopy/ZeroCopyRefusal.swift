import Linux
import SystemPackage
import Uring

/// Why zero-copy receive is not used: what was attempted, what the kernel said, and what on this machine explains it.
public struct ZeroCopyRefusal: Error, Sendable, Equatable {
  /// One line.
  public var sentence: String
  /// More causes and their fixes, one a line.
  public var details: [String] = []
  /// This machine cannot do it at all, as opposed to: it should have worked.
  public var isUnsupported: Bool

  public init(_ sentence: String, details: [String] = [], isUnsupported: Bool) {
    self.sentence = sentence
    self.details = details
    self.isUnsupported = isUnsupported
  }
}

extension ZeroCopyRefusal {
  /// Explains a refusal with what is known about the machine.
  init(_ evidence: RefusalEvidence) {
    let error = evidence.error
    let causes = evidence.causes
    let said = "\(error.call) answered \(error.errno.name) (\(error.errno))"
    sentence =
      ["cannot \(evidence.attempt): \(said)", causes.first?.description].compactMap { $0 }.joined(separator: ": ")
    details = causes.dropFirst().map(\.description)
    // Where several things are in the way, one that nobody can mend decides.
    isUnsupported = causes.contains { $0.isFinal }
  }
}

/// What may have made the kernel refuse.
struct RefusalCause: Sendable, Equatable {
  var what: String
  /// The command, or the choice, that mends it.
  var fix: String?
  /// Nothing mends it on this machine.
  var isFinal = false

  init(_ what: String, fix: String? = nil, isFinal: Bool = false) {
    self.what = what
    self.fix = fix
    self.isFinal = isFinal
  }
}

extension RefusalCause: CustomStringConvertible {
  var description: String { what + (fix.map { " — \($0)" } ?? "") }
}
