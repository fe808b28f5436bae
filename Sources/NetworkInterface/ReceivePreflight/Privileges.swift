import CLinux
import Glibc
import Linux

/// What the calling thread may do, as far as zero-copy receive asks: it wants capabilities of the *initial* user namespace,
/// so that "root" of a container that has a user namespace of its own is refused.
public struct Privileges: Sendable, Equatable {
  public var isInInitialUserNamespace: Bool
  /// CAP_NET_ADMIN is effective, in whichever user namespace.
  public var hasNetworkAdministration: Bool
  /// CAP_IPC_LOCK is effective, in whichever user namespace.
  public var hasMemoryLocking: Bool
  /// Bytes the process may pin without CAP_IPC_LOCK (RLIMIT_MEMLOCK, soft); nil for no limit.
  public var lockedMemoryLimit: UInt64?

  public init(
    isInInitialUserNamespace: Bool, hasNetworkAdministration: Bool, hasMemoryLocking: Bool, lockedMemoryLimit: UInt64?
  ) {
    self.isInInitialUserNamespace = isInInitialUserNamespace
    self.hasNetworkAdministration = hasNetworkAdministration
    self.hasMemoryLocking = hasMemoryLocking
    self.lockedMemoryLimit = lockedMemoryLimit
  }

  /// Those of the calling thread.
  /// - Throws: where /proc is not mounted.
  public static func ofThisThread() throws(SystemCallError) -> Privileges {
    let limit = zb_locked_memory_limit()
    return Privileges(
      status: try TextFile.read("/proc/thread-self/status", limit: 1 << 14), namespace: namespaceLink(),
      userMap: try TextFile.read("/proc/self/uid_map", limit: 1 << 14), limit: limit == .max ? nil : limit)
  }

  /// - Parameters:
  ///   - status: /proc/thread-self/status.
  ///   - namespace: what /proc/self/ns/user links to; nil where it cannot be read.
  ///   - userMap: /proc/self/uid_map, which decides then; a namespace may map all users and yet not be the initial one.
  init(status: String, namespace: String?, userMap: String, limit: UInt64?) {
    let capabilities =
      status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
      .flatMap { UInt64($0.dropFirst("CapEff:".count).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
    self.init(
      isInInitialUserNamespace: namespace.map { $0 == Privileges.initialUserNamespace }
        ?? (userMap.split { $0 == " " || $0 == "\n" }.map(String.init) == ["0", "0", "4294967295"]),
      hasNetworkAdministration: capabilities & Privileges.networkAdministration != 0,
      hasMemoryLocking: capabilities & Privileges.memoryLocking != 0, lockedMemoryLimit: limit)
  }

  /// USER_NS_INIT_INO of linux/nsfs.h (PROC_USER_INIT_INO before it was made public).
  private static let initialUserNamespace = "user:[4026531837]"
  // linux/capability.h.
  private static let networkAdministration: UInt64 = 1 << 12
  private static let memoryLocking: UInt64 = 1 << 14

  private static func namespaceLink() -> String? {
    var target = [CChar](repeating: 0, count: 64)
    let length = readlink("/proc/self/ns/user", &target, target.count)
    guard length > 0 else { return nil }
    return String(decoding: target.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
