import Metering
import NetworkInterface
import Uring

/// What the process may do, and the memory there is, as lines.
enum MachineChecks {
  /// - Parameter areaBytes: what a queue is given by default.
  static func all(
    _ support: ZeroCopySupport, _ privileges: Privileges?, _ memory: MemoryFacts, areaBytes: Int
  ) -> [Check] {
    [
      permission(support.permission), lockedMemory(privileges, areaBytes), available(memory, areaBytes),
      hugePages(memory, areaBytes), dmabuf(memory), exactCopies(CopyTracing()),
    ]
  }

  /// A probe is attached for a moment: whether the kernel permits it is known no other way.
  private static func exactCopies(_ tracing: CopyTracing) -> Check {
    let (name, title) = ("exact_copies", "exact copy counts")
    let refusals = tracing.refusals.isEmpty ? nil : tracing.refusals.joined(separator: "; ")
    guard let method = tracing.probe?.method else {
      let isForbidden = tracing.refusals.contains { $0.contains("EPERM") || $0.contains("EACCES") }
      return Check(
        name, title, .absent, "no probe may be attached: bounds", check: refusals,
        fix: isForbidden ? "root, or CAP_BPF and CAP_PERFMON" : nil)
    }
    switch method {
    case .exit: return Check(name, title, .ok, "by stream (\(method.rawValue))", check: refusals)
    case .returns, .event: return Check(name, title, .ok, "by ring (\(method.rawValue))", check: refusals)
    case .hits:
      return Check(name, title, .absent, "only whether anything is copied (\(method.rawValue))", check: refusals)
    }
  }

  private static func permission(_ capability: Capability) -> Check {
    let (name, title) = ("permission", "privileges")
    switch capability {
    case .present(let reason): return Check(name, title, .ok, reason)
    case .absent(let reason): return Check(name, title, .problem, reason, fix: "run as root, outside of containers")
    case .unknown(let reason): return Check(name, title, .unknown, reason)
    }
  }

  private static func lockedMemory(_ privileges: Privileges?, _ areaBytes: Int) -> Check {
    let (name, title) = ("locked_memory", "locked memory")
    guard let privileges else {
      return Check(name, title, .unknown, "/proc/thread-self/status cannot be read")
    }
    if privileges.hasMemoryLocking && privileges.isInInitialUserNamespace {
      return Check(name, title, .ok, "no limit for this process", check: "CAP_IPC_LOCK")
    }
    guard let limit = privileges.lockedMemoryLimit else {
      return Check(name, title, .ok, "no limit", check: "RLIMIT_MEMLOCK")
    }
    let area = RefusalEvidence.bytes(areaBytes)
    return limit >= UInt64(clamping: areaBytes)
      ? Check(name, title, .ok, "\(limit) bytes, and \(area) are wanted a queue", check: "RLIMIT_MEMLOCK")
      : Check(
        name, title, .problem, "\(limit) bytes, and \(area) are wanted for a queue", check: "RLIMIT_MEMLOCK",
        fix: "ulimit -l unlimited, or a smaller --area-size")
  }

  private static func available(_ memory: MemoryFacts, _ areaBytes: Int) -> Check {
    let (name, title, check) = ("available_memory", "memory", "MemAvailable of /proc/meminfo")
    guard let available = memory.available else {
      return Check(name, title, .unknown, "/proc/meminfo does not tell what is left")
    }
    let what = "\(available >> 20) MiB are left, and \(RefusalEvidence.bytes(areaBytes)) are wanted for a queue"
    return available >= UInt64(clamping: areaBytes)
      ? Check(name, title, .ok, what, check: check)
      : Check(name, title, .problem, what, check: check, fix: "a smaller --area-size")
  }

  private static func hugePages(_ memory: MemoryFacts, _ areaBytes: Int) -> Check {
    let (name, title, check) = ("huge_pages", "huge pages", "/sys/kernel/mm/hugepages/hugepages-2048kB")
    guard memory.hasMemorySysfs else {
      return Check(name, title, .unknown, "/sys/kernel/mm is not there to tell", check: check)
    }
    guard let free = memory.freeHugePages, let all = memory.hugePages else {
      return Check(name, title, .absent, "this kernel has none of 2 MiB; --hugepages is out of reach", check: check)
    }
    let wanted = UInt64(areaBytes + (1 << 21) - 1) >> 21
    let what = "\(free) of \(all) free; --hugepages wants \(wanted)"
    return free >= wanted
      ? Check(name, title, .ok, what, check: check)
      : Check(
        name, title, .absent, what, check: check,
        fix: "sysctl vm.nr_hugepages=\(all - min(free, all) + wanted)")
  }

  private static func dmabuf(_ memory: MemoryFacts) -> Check {
    let (name, title) = ("udmabuf", "/dev/udmabuf")
    if !memory.hasDMABufferDevice, let number = memory.dmaBufferDeviceNumber {
      return Check(
        name, title, .absent, "this kernel has udmabuf, and /dev has no node for it, so no --area dmabuf",
        check: "/sys/class/misc/udmabuf", fix: "mknod -m 600 /dev/udmabuf c \(number)")
    }
    guard memory.hasDMABufferDevice else {
      return Check(
        name, title, .absent, "not there, so no --area dmabuf",
        fix: "modprobe udmabuf")
    }
    let limit = memory.largestDMABuffer.map { "at most \($0 >> 20) MiB for --area dmabuf" }
    return Check(
      name, title, .ok, limit ?? "there", check: limit == nil ? nil : "module parameter udmabuf.size_limit_mb")
  }
}
