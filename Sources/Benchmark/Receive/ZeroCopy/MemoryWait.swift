import Linux
import Metering
import NetworkInterface
import SystemPackage
import Uring

/// Waits for the memory of rings that were closed, this server's or the last one's: the kernel gives it back later than the
/// queues, once the page pool has all its buffers again, for which it looks once a second (net/core/page_pool.c,
/// DEFER_TIME). One wait for all attempts of a start, however many buffer lengths they try.
struct MemoryWait {
  /// Seconds; as long as a queue is waited for.
  static let longest = 5.0

  private var deadline: MonotonicTime?
  private let seconds: Double
  private let facts: () -> MemoryFacts
  private let privileges: () -> Privileges?
  private let freeDeferredPackets: () -> Void
  private var nextFreeing = MonotonicTime(nanoseconds: 0)

  init(
    seconds: Double = MemoryWait.longest, facts: @escaping () -> MemoryFacts = MemoryFacts.read,
    privileges: @escaping () -> Privileges? = { Reading(Privileges.ofThisThread).value },
    freeDeferredPackets: @escaping () -> Void = DeferredPackets.free
  ) {
    self.seconds = seconds
    self.facts = facts
    self.privileges = privileges
    self.freeDeferredPackets = freeDeferredPackets
  }

  /// Whether there was something to wait for.
  var hasWaited: Bool { deadline != nil }

  /// Waits a moment, where more memory may be free then.
  ///
  /// - Returns: false where waiting does not help, or the time is up.
  mutating func wait(after error: ZeroCopyTeamError, queues: Int) -> Bool {
    guard mayComeBack(error, queues: queues) else { return false }
    let deadline = self.deadline ?? MonotonicTime.now().adding(seconds: seconds)
    self.deadline = deadline
    guard MonotonicTime.now() < deadline else { return false }
    // An attempt that gets some of its areas, and then lets go of them, would put off the rest.
    repeat {
      let now = MonotonicTime.now()
      if now >= nextFreeing {
        nextFreeing = now.adding(seconds: 1)
        // A buffer of the last server's area is in use for as long as a CPU keeps its packet.
        freeDeferredPackets()
      }
      pause(seconds: 0.05)
    } while isShort(error, queues: queues) && MonotonicTime.now() < deadline
    return true
  }

  /// Whether it is known that too little is free still.
  private func isShort(_ error: ZeroCopyTeamError, queues: Int) -> Bool {
    guard case .refused(let refusal, _) = error, refusal.options.areaKind == .hugePages,
      let free = facts().freeHugePages
    else { return false }
    return free << 21 < ZeroCopyStart.pinned(area: refusal.options.areaSize, queues: queues)
  }

  /// Whether as much as was asked for can be free at all; more than the machine, its pool of huge pages or the limit has
  /// never is.
  func mayComeBack(_ error: ZeroCopyTeamError, queues: Int) -> Bool {
    switch error {
    case .system: return false
    case .memoryShort(let wanted, _): return facts().total.map { wanted <= $0 } ?? false
    case .refused(let refusal, _):
      let wanted = ZeroCopyStart.pinned(area: refusal.options.areaSize, queues: queues)
      switch (refusal.step, refusal.errno, refusal.options.areaKind) {
      // A huge page that was promised, and is not there when the kernel pins it, is EFAULT.
      case (.area, .noMemory, .hugePages), (.registration, .badAddress, .hugePages):
        return facts().hugePages.map { wanted <= $0 << 21 } ?? false
      case (.area, .noMemory, _): return facts().total.map { wanted <= $0 } ?? false
      case (.registration, .noMemory, _):
        // Pages count against the limit of their user until the ring's end has been worked off. Without a limit the driver
        // has refused, and each attempt more would stop and start its queue.
        guard let privileges = privileges(), let limit = privileges.lockedMemoryLimit else { return false }
        return !(privileges.hasMemoryLocking && privileges.isInInitialUserNamespace) && wanted <= limit
      default: return false
      }
    }
  }
}
