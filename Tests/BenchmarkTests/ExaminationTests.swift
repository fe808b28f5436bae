import Metering
import NetworkInterface
import Testing

@testable import Benchmark
@testable import Uring

@Suite("The doctor's conclusions")
struct ExaminationTests {
  private func verdict(_ states: Check.State...) -> Examination.Verdict {
    Examination(kernelRelease: "x", kernel: states.map { Check("a", "a", $0, "found") }, machine: []).verdict
  }

  @Test("What cannot be outweighs what can be mended, which outweighs the rest")
  func verdicts() {
    #expect(verdict(.ok, .absent, .warning, .unknown) == .ready)
    #expect(verdict(.ok, .problem, .unknown) == .problem)
    #expect(verdict(.problem, .impossible) == .unsupported)
    let statuses = [[Check.State.ok], [.problem], [.impossible]].map { states in
      Examination(kernelRelease: "x", kernel: states.map { Check("a", "a", $0, "") }, machine: []).exitStatus
    }
    #expect(statuses == [.done, .failed, .notSupported])
  }

  private func support(_ builtIn: Capability, permission: Capability = .present("asked")) -> ZeroCopySupport {
    let absent = Capability.absent("not there")
    return ZeroCopySupport(
      kernelRelease: "x", isBuiltIn: builtIn, permission: permission, severalQueues: .unknown("who knows"),
      dmabufAreas: absent, controls: absent, nodev: absent, flush: absent, rxBufLen: absent, events: absent,
      addArea: absent, mixedCQE: absent)
  }

  @Test("Only the base decides about a kernel")
  func kernel() {
    func states(_ builtIn: Capability) -> Set<Check.State> {
      Set(KernelChecks.all(support(builtIn)).map(\.state))
    }
    #expect(states(.present("there")) == [.ok, .unknown, .absent])
    #expect(states(.absent("old")) == [.impossible, .unknown, .absent])
    #expect(states(.unknown("filtered")) == [.problem, .unknown, .absent])
    #expect(Set(KernelChecks.all(support(.present("there"))).map(\.name)).count == 10)
  }

  private func machine(
    _ privileges: Privileges?, _ memory: MemoryFacts = MemoryFacts(available: 1 << 30),
    permission: Capability = .present("asked")
  ) -> [String: Check.State] {
    let checks = MachineChecks.all(
      support(.present("there"), permission: permission), privileges, memory, areaBytes: 64 << 20)
    return Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0.state) })
  }

  private func privileges(locking: Bool, limit: UInt64?, initial: Bool = true) -> Privileges {
    Privileges(
      isInInitialUserNamespace: initial, hasNetworkAdministration: true, hasMemoryLocking: locking,
      lockedMemoryLimit: limit)
  }

  @Test("Locked memory counts for those without CAP_IPC_LOCK of the first user namespace")
  func lockedMemory() {
    #expect(machine(privileges(locking: true, limit: 0))["locked_memory"] == .ok)
    #expect(machine(privileges(locking: true, limit: 0, initial: false))["locked_memory"] == .problem)
    #expect(machine(privileges(locking: false, limit: 64 << 20))["locked_memory"] == .ok)
    #expect(machine(privileges(locking: false, limit: 64 << 20 - 1))["locked_memory"] == .problem)
    #expect(machine(privileges(locking: false, limit: nil))["locked_memory"] == .ok)
    #expect(machine(nil)["locked_memory"] == .unknown)
  }

  @Test("Memory and privileges stand in the way; huge pages and udmabuf are only wanted by options")
  func memory() {
    let root = privileges(locking: true, limit: nil)
    #expect(machine(root, MemoryFacts(available: 1 << 20))["available_memory"] == .problem)
    #expect(machine(root, MemoryFacts())["available_memory"] == .unknown)
    let options = machine(root, MemoryFacts(available: 1 << 30, hugePages: 40, freeHugePages: 31))
    #expect(options["huge_pages"] == .absent)
    #expect(options["udmabuf"] == .absent)
    let more = machine(
      root, MemoryFacts(available: 1 << 30, hugePages: 40, freeHugePages: 32, hasDMABufferDevice: true))
    #expect(more["huge_pages"] == .ok)
    #expect(more["udmabuf"] == .ok)
    #expect(machine(root, permission: .absent("no"))["permission"] == .problem)
    #expect(machine(root, MemoryFacts(hasMemorySysfs: false))["huge_pages"] == .unknown)
  }

  @Test("Only a driver that cannot makes an interface impossible")
  func loopback() throws {
    let examination = try Examination.run(interface: "lo")
    let subject = try #require(examination.subject)
    #expect(subject.checks.filter { $0.state == .impossible }.map(\.name) == ["driver"])
    #expect(subject.checks.count == 16)
    #expect(examination.verdict == .unsupported)
  }

  @Test("An interface there is not is a usage error")
  func noInterface() {
    #expect(throws: BenchmarkError.self) { try Examination.run(interface: "no-such-one") }
  }
}
