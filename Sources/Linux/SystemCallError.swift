import SystemPackage

/// A system call the kernel refused: what was attempted, what the kernel said, and what the user can do next.
public struct SystemCallError: Error, Sendable, Equatable {
  /// What was attempted, as a phrase that completes "cannot …": "listen on port 5201".
  public let attempt: String
  /// The system call, as its man page is named: "bind".
  public let call: String
  /// The kernel's answer.
  public let errno: Errno
  /// The kernel's own words, verbatim, where it has any (netlink's extended acknowledgement).
  public let kernelText: String?
  /// What the user can do; nil where the errno speaks for itself.
  public let advice: String?

  public init(attempt: String, call: String, errno: Errno, kernelText: String? = nil, advice: String? = nil) {
    self.attempt = attempt
    self.call = call
    self.errno = errno
    self.kernelText = kernelText
    self.advice = advice
  }
}

extension SystemCallError: CustomStringConvertible {
  public var description: String {
    "cannot \(attempt): \(call): \(errno)" + (kernelText.map { " — the kernel says: \($0)" } ?? "")
      + (advice.map { " — \($0)" } ?? "")
  }
}
