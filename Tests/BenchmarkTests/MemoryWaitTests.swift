import Linux
import Metering
import NetworkInterface
import SystemPackage
import Testing

@testable import Benchmark
@testable import Uring

@Suite("Waiting for the memory of closed rings")
struct MemoryWaitTests {
  private static let root = Privileges(
    isInInitialUserNamespace: true, hasNetworkAdministration: true, hasMemoryLocking: true, lockedMemoryLimit: 1 << 30)
  private static let limited = Privileges(
    isInInitialUserNamespace: true, hasNetworkAdministration: true, hasMemoryLocking: false,
    lockedMemoryLimit: 64 << 20)

  private static func refused(
    _ step: ZeroCopyRegistrationError.Step, _ errno: Errno, _ kind: ZeroCopyArea.Kind, size: Int = 64 << 20
  ) -> ZeroCopyTeamError {
    .refused(
      ZeroCopyRegistrationError(
        step: step, call: "call", errno: errno,
        options: ZeroCopyQueueOptions(source: .noDevice, areaKind: kind, areaSize: size)),
      queue: nil)
  }

  private static func wait(_ facts: MemoryFacts, _ privileges: Privileges? = root, seconds: Double = 0) -> MemoryWait {
    MemoryWait(seconds: seconds, facts: { facts }, privileges: { privileges }, freeDeferredPackets: {})
  }

  @Test("Huge pages are waited for where the pool has enough for every queue")
  func hugePages() {
    let error = Self.refused(.area, .noMemory, .hugePages)
    #expect(Self.wait(MemoryFacts(hugePages: 32, freeHugePages: 0)).mayComeBack(error, queues: 1))
    #expect(!Self.wait(MemoryFacts(hugePages: 31, freeHugePages: 31)).mayComeBack(error, queues: 1))
    #expect(!Self.wait(MemoryFacts(hugePages: 63, freeHugePages: 31)).mayComeBack(error, queues: 2))
    #expect(!Self.wait(MemoryFacts()).mayComeBack(error, queues: 1), "a kernel without huge pages")
    let missing = Self.refused(.registration, .badAddress, .hugePages)
    #expect(Self.wait(MemoryFacts(hugePages: 32, freeHugePages: 0)).mayComeBack(missing, queues: 1))
    #expect(!Self.wait(MemoryFacts(hugePages: 31, freeHugePages: 31)).mayComeBack(missing, queues: 1))
  }

  @Test("Memory is waited for where the machine has as much, and locked memory below its limit")
  func ordinaryMemory() {
    let machine = MemoryFacts(available: 1 << 20, total: 1 << 30)
    #expect(Self.wait(machine).mayComeBack(.memoryShort(wanted: 1 << 30, available: 1 << 20), queues: 1))
    #expect(!Self.wait(machine).mayComeBack(.memoryShort(wanted: 2 << 30, available: 1 << 20), queues: 1))
    let accounted = Self.refused(.registration, .noMemory, .pages)
    #expect(Self.wait(machine, Self.limited).mayComeBack(accounted, queues: 1))
    #expect(!Self.wait(machine, Self.limited).mayComeBack(accounted, queues: 2))
    #expect(!Self.wait(machine).mayComeBack(accounted, queues: 1), "without a limit the driver refused")
    #expect(!Self.wait(machine).mayComeBack(Self.refused(.registration, .invalidArgument, .pages), queues: 1))
  }

  @Test("It goes on as soon as enough pages are free, and ends with its time")
  func time() {
    var (looks, freed) = (0, 0)
    var wait = MemoryWait(
      seconds: 3600,
      facts: {
        looks += 1
        return MemoryFacts(hugePages: 40, freeHugePages: looks < 4 ? 8 : 32)
      }, privileges: { nil }, freeDeferredPackets: { freed += 1 })
    let goesOn = wait.wait(after: Self.refused(.area, .noMemory, .hugePages), queues: 1)
    #expect(goesOn)
    #expect(looks == 4, "one look at the pool's size, three at what is free")
    #expect(wait.hasWaited)
    #expect(freed == 1, "once a second at most")
    var none = Self.wait(MemoryFacts(hugePages: 40, freeHugePages: 8))
    let late = none.wait(after: Self.refused(.area, .noMemory, .hugePages), queues: 1)
    #expect(!late, "no time is left")
    let other = wait.wait(after: Self.refused(.area, .notPermitted, .hugePages), queues: 1)
    #expect(!other)
  }
}
