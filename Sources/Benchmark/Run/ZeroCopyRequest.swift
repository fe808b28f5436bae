import NetworkInterface
import Uring

/// What becomes of -i and -q while this version cannot drive zero-copy receive: both are checked for real, and the reason
/// says what this machine would offer.
public enum ZeroCopyRequest {
  /// Why zero-copy receive is not used; nil when it was not asked for.
  ///
  /// - Throws: a usage error for an interface or a queue that does not exist.
  public static func refusal(interface: String?, queues: String?) throws(BenchmarkError) -> String? {
    guard let interface else { return nil }
    do throws(InterfaceProblem) {
      let found = try InterfacePreflight.check(interface: interface, queues: queues)
      return "zero-copy receive is not in this version of zcrx-bench (\(found.summary); \(kernelSupport))"
    } catch {
      if case .system = error { throw BenchmarkError("\(error)") }
      throw BenchmarkError("\(error) (-i, -q)", .usage)
    }
  }

  /// What the running kernel offers, in a clause.
  public static var kernelSupport: String { ZeroCopySupport.discover().summary }
}
