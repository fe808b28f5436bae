import Glibc
import Linux
import Synchronization
import SystemPackage

/// A thread that lives for one piece of work, because the namespace of a thread that lives on could not be told.
enum NamespaceThread {
  /// Runs `work` on a new thread and waits for its end.
  /// - Throws: when there can be no thread; what `work` throws is in the result.
  static func run<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
  ) throws(SystemCallError) -> Result<Value, Failure> {
    let outcome = Outcome<Result<Value, Failure>>()
    let start = Unmanaged.passRetained(
      Start {
        do throws(Failure) {
          outcome.set(.success(try work()))
        } catch {
          outcome.set(.failure(error))
        }
      })
    var handle = pthread_t()
    let error = pthread_create(&handle, nil, main, start.toOpaque())
    guard error == 0 else {
      start.release()
      throw refusal(error)
    }
    let joined = pthread_join(handle, nil)
    guard let result = outcome.value else { throw refusal(joined) }
    return result
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { start in
    if let start { Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body() }
    return nil
  }

  private static func refusal(_ error: Int32) -> SystemCallError {
    SystemCallError(
      attempt: "start a thread", call: "pthread_create", errno: Errno(rawValue: error),
      advice: "raise the limit of processes (ulimit -u)")
  }

  private final class Start {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private final class Outcome<Value: Sendable>: Sendable {
    private let slot = Mutex<Value?>(nil)
    var value: Value? { slot.withLock { $0 } }
    func set(_ value: Value) { slot.withLock { $0 = value } }
  }
}
