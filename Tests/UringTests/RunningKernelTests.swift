import Glibc
import Testing

@testable import Uring

/// What this very kernel answers. The expectations are those recorded for the 6.18.44 test machine; on another kernel
/// only what holds for all of them is checked.
@Suite("The running kernel")
struct RunningKernelTests {
  private static let isTestMachine = ZeroCopySupport.discover().kernelRelease.hasPrefix("6.18.")

  @Test("Asking leaves no descriptor behind and gives the same answer again")
  func repeatable() throws {
    let first = ZeroCopySupport.discover()
    let before = openDescriptors()
    for _ in 0..<50 { #expect(ZeroCopySupport.discover() == first) }
    // Other tests open and close descriptors meanwhile, but never tens of them.
    #expect(openDescriptors() < before + 30)
  }

  @Test("Linux 6.18 as root has the base and mixed completions", .enabled(if: isTestMachine && geteuid() == 0))
  func root() {
    let support = ZeroCopySupport.discover()
    #expect(support.isBuiltIn.isPresent, "\(support.isBuiltIn)")
    #expect(support.permission.isPresent)
    #expect(support.mixedCQE.isPresent)
    for absent in [support.nodev, support.flush, support.rxBufLen, support.events, support.addArea] {
      #expect(!absent.isPresent)
    }
    #expect(support.summary == "this kernel (\(support.kernelRelease)) was built with zero-copy receive")
  }

  @Test("Linux 6.18 without privileges still tells that it has it", .enabled(if: isTestMachine && geteuid() == 0))
  func nobody() async {
    // In a process of its own: the id of a process is that of all its threads.
    await #expect(processExitsWith: .success) {
      try #require(setgid(65534) == 0 && setuid(65534) == 0)
      let support = ZeroCopySupport.discover()
      #expect(support.isBuiltIn.isPresent, "\(support.isBuiltIn)")
      #expect(!support.permission.isPresent)
      #expect(support.mixedCQE.isPresent)
      #expect(support.summary.contains("CAP_NET_ADMIN"))
    }
  }

  private func openDescriptors() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
  }
}
