import CLinux
import Glibc
import Linux
import SystemPackage

/// A network namespace (network_namespaces(7)) of this process's own. Nothing names it in the file system: it goes, with
/// all interfaces in it, once this value is gone and the last process that was started in it has ended, whatever ended
/// them.
public struct NetworkNamespace: ~Copyable, Sendable {
  /// A descriptor that refers to it, close-on-exec.
  let descriptor: Int32

  /// Makes a new one; nothing in it is up, its loopback interface neither.
  /// - Throws: EPERM without CAP_SYS_ADMIN, ENOSPC beyond /proc/sys/user/max_net_namespaces.
  public init() throws(SystemCallError) {
    // Only a thread can be moved: one that ends right away leaves nothing behind but the descriptor.
    descriptor = try NamespaceThread.run { () throws(SystemCallError) -> Int32 in
      let attempt = "make a network namespace"
      let result = zb_unshare_network()
      guard result == 0 else {
        let errno = Errno(rawValue: -result)
        throw SystemCallError(
          attempt: attempt, call: "unshare", errno: errno, advice: errno == .notPermitted ? "run as root" : nil)
      }
      let descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw SystemCallError(attempt: attempt, call: "open", errno: Errno(rawValue: errno))
      }
      return descriptor
    }.get()
  }

  deinit {
    close(descriptor)
  }

  /// Runs `body` to its end on a thread inside this namespace: sockets it opens belong here, and processes it spawns live
  /// here. Threads it starts do too.
  /// - Throws: when the namespace cannot be entered; what `body` throws is in the result.
  public func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) throws(SystemCallError) -> Result<Value, Failure> {
    let descriptor = descriptor
    return try NamespaceThread.run { () throws(SystemCallError) -> Result<Value, Failure> in
      let result = zb_enter_network(descriptor)
      guard result == 0 else {
        throw SystemCallError(attempt: "enter a network namespace", call: "setns", errno: Errno(rawValue: -result))
      }
      do throws(Failure) {
        return .success(try body())
      } catch {
        return .failure(error)
      }
    }.get()
  }
}
