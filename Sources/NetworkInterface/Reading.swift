import Linux
import SystemPackage

/// What became of a question to the kernel about an interface.
public enum Reading<Value> {
  case known(Value)
  /// The running kernel does not have the question; which one, in the kernel's own names.
  case notOffered(String)
  /// It has it, and this interface gave no answer: EOPNOTSUPP where its driver has no such thing.
  case refused(SystemCallError)

  /// Asks.
  public init(_ question: () throws(SystemCallError) -> Value) {
    do throws(SystemCallError) {
      self = .known(try question())
    } catch {
      self.init(refusal: error)
    }
  }

  init(refusal error: SystemCallError) {
    self = error.isNotOffered ? .notOffered(error.call) : .refused(error)
  }

  /// The answer; nil where there is none.
  public var value: Value? {
    if case .known(let value) = self { value } else { nil }
  }

  /// Why there is no answer, in a clause; nil where there is one.
  public var absence: String? {
    switch self {
    case .known: nil
    case .notOffered(let what): "not offered by this kernel (\(what))"
    case .refused(let error) where error.errno == .notSupported: "not supported by the driver"
    case .refused(let error): error.description
    }
  }

  public func map<Other>(_ transform: (Value) -> Other) -> Reading<Other> {
    switch self {
    case .known(let value): .known(transform(value))
    case .notOffered(let what): .notOffered(what)
    case .refused(let error): .refused(error)
    }
  }
}

extension Reading: Sendable where Value: Sendable {}
extension Reading: Equatable where Value: Equatable {}

extension SystemCallError {
  /// Whether the running kernel does not know what was asked of it. Netlink itself never answers ENOSYS.
  public var isNotOffered: Bool { errno == .noFunction }

  static func notOffered(_ what: String, to attempt: String, call: String) -> SystemCallError {
    SystemCallError(
      attempt: attempt, call: call, errno: .noFunction, advice: "this kernel does not offer \(what)")
  }
}
