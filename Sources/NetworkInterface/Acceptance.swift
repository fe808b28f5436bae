/// A request to change something that the kernel accepted. Whether it took effect is told by reading it back: drivers may
/// round, and some requests "succeed" without any effect.
public struct Acceptance<Answer> {
  public var answer: Answer
  /// What the kernel had to say nevertheless, verbatim (extended acknowledgement).
  public var warning: String?

  public init(answer: Answer, warning: String? = nil) {
    self.answer = answer
    self.warning = warning
  }

  func map<Other>(_ transform: (Answer) -> Other) -> Acceptance<Other> {
    Acceptance<Other>(answer: transform(answer), warning: warning)
  }
}

extension Acceptance: Sendable where Answer: Sendable {}
extension Acceptance: Equatable where Answer: Equatable {}
