/// Whether this kernel can do one thing, with the reason in one line.
public enum Capability: Sendable, Equatable {
  case present(String)
  case absent(String)
  /// It could not be found out.
  case unknown(String)

  /// Known to be there.
  public var isPresent: Bool {
    if case .present = self { true } else { false }
  }

  /// Why it is known to be there, or not, or not known.
  public var reason: String {
    switch self {
    case .present(let reason), .absent(let reason), .unknown(let reason): reason
    }
  }
}
