import Linux
import Synchronization

/// A thread that lives for one piece of work: it takes with it whatever namespace it moved into.
enum NamespaceThread {
  /// Runs `work` on a new thread and waits for its end.
  /// - Throws: when there can be no thread; what `work` throws is in the result.
  static func run<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
  ) throws(SystemCallError) -> Result<Value, Failure> {
    let outcome = Outcome<Result<Value, Failure>>()
    let thread = try PinnedThread(name: "namespace", cpu: nil) { _ in
      do throws(Failure) {
        outcome.set(.success(try work()))
      } catch {
        outcome.set(.failure(error))
      }
    }
    thread.join()
    guard let result = outcome.value else {
      throw SystemCallError(attempt: "wait for a thread's work", call: "pthread_join", errno: .canceled)
    }
    return result
  }

  private final class Outcome<Value: Sendable>: Sendable {
    private let slot = Mutex<Value?>(nil)
    var value: Value? { slot.withLock { $0 } }
    func set(_ value: Value) { slot.withLock { $0 = value } }
  }
}
