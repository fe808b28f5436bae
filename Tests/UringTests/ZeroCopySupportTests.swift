import CKernelABI
import Linux
import SystemPackage
import Testing

@testable import Uring

/// What kernels answer, as recorded (6.18.44, 7.2.7, 7.3.4) or as their sources have it.
extension ZeroCopyEvidence {
  fileprivate static func asked(
    _ release: String, opcodes: Answer<zb_query_opcodes> = .refused(.invalidArgument),
    zeroCopy: Answer<zb_query_zcrx> = .refused(.invalidArgument), _ probe: Probe
  ) -> ZeroCopyEvidence {
    ZeroCopyEvidence(kernelRelease: release, opcodes: opcodes, zeroCopy: zeroCopy, probe: probe)
  }

  fileprivate static func opcodes(registers: UInt32, setupFlags: UInt64) -> Answer<zb_query_opcodes> {
    var answer = zb_query_opcodes()
    answer.nr_register_opcodes = registers
    answer.ring_setup_flags = setupFlags
    return .answered(answer)
  }

  fileprivate static func zeroCopy(
    flags: UInt64, controls: UInt32, features: UInt32, areas: UInt64 = 1
  ) -> Answer<zb_query_zcrx> {
    var answer = zb_query_zcrx()
    answer.area_flags = areas
    answer.register_flags = flags
    answer.nr_ctrl_opcodes = controls
    answer.features = features
    return .answered(answer)
  }

  fileprivate static var linux618: Answer<zb_query_opcodes> { opcodes(registers: 36, setupFlags: 0x7ffff) }
  fileprivate static var linux72: Answer<zb_query_opcodes> { opcodes(registers: 38, setupFlags: 0x1fffff) }

  fileprivate static func ringRefused(_ errno: Errno) -> Probe {
    .noRing(SystemCallError(attempt: "create an io_uring", call: "io_uring_setup", errno: errno, advice: "advice"))
  }
}

@Suite("Conclusions about zero-copy receive")
struct ZeroCopySupportTests {
  private func answers(_ support: ZeroCopySupport) -> [Bool] {
    [
      support.nodev, support.flush, support.rxBufLen, support.events, support.addArea, support.mixedCQE,
    ].map(\.isPresent)
  }

  @Test("Linux 6.18 has the base and mixed completions")
  func linux618() {
    let support = ZeroCopySupport(
      .asked(
        "6.18.44", opcodes: ZeroCopyEvidence.linux618, zeroCopy: .refused(.notSupported),
        .refused(.operationNotSupportedByDevice)))
    #expect(support.isBuiltIn.isPresent)
    #expect(support.permission.isPresent)
    #expect(answers(support) == [false, false, false, false, false, true])
    #expect(support.summary == "this kernel (6.18.44) was built with zero-copy receive")
  }

  @Test("Linux 7.2 has all but adding memory, 7.3 has that too")
  func linux7() {
    let older = ZeroCopySupport(
      .asked(
        "7.2.7", opcodes: ZeroCopyEvidence.linux72,
        zeroCopy: ZeroCopyEvidence.zeroCopy(flags: 3, controls: 3, features: 3),
        .refused(.operationNotSupportedByDevice)))
    #expect(answers(older) == [true, true, true, true, false, true])
    let newer = ZeroCopySupport(
      .asked(
        "7.3.4", opcodes: ZeroCopyEvidence.linux72,
        zeroCopy: ZeroCopyEvidence.zeroCopy(flags: 3, controls: 4, features: 3),
        .refused(.operationNotSupportedByDevice)))
    #expect(answers(newer) == [true, true, true, true, true, true])
  }

  /// +, - or ? for each of: several queues, dma-buf areas, control operations.
  private func base(_ support: ZeroCopySupport) -> String {
    [support.severalQueues, support.dmabufAreas, support.controls].map { capability in
      switch capability {
      case .present: "+"
      case .absent: "-"
      case .unknown: "?"
      }
    }.joined()
  }

  @Test("Several queues, dma-buf areas and control operations, each as far as a kernel tells")
  func base() {
    func support(
      _ opcodes: ZeroCopyEvidence.Answer<zb_query_opcodes>, _ zeroCopy: ZeroCopyEvidence.Answer<zb_query_zcrx>,
      _ probe: ZeroCopyEvidence.Probe = .refused(.operationNotSupportedByDevice)
    ) -> String {
      base(ZeroCopySupport(.asked("x", opcodes: opcodes, zeroCopy: zeroCopy, probe)))
    }
    let all = ZeroCopyEvidence.zeroCopy(flags: 3, controls: 4, features: 3)
    let noAreas = ZeroCopyEvidence.zeroCopy(flags: 3, controls: 0, features: 3, areas: 0)
    #expect(support(ZeroCopyEvidence.linux72, all) == "+++")
    #expect(support(ZeroCopyEvidence.linux72, noAreas) == "+--")
    #expect(support(ZeroCopyEvidence.linux618, .refused(.notSupported)) == "+?-")
    #expect(support(.refused(.invalidArgument), .refused(.invalidArgument)) == "??-")
    #expect(support(.refused(.invalidArgument), .refused(.invalidArgument), .refused(.invalidArgument)) == "---")
    #expect(support(ZeroCopyEvidence.linux72, all, .refused(.notSupported)) == "---")
    #expect(support(.refused(.notPermitted), .refused(.notPermitted), .refused(.notPermitted)) == "???")
  }

  @Test("Each capability follows from its own bit")
  func bits() {
    func support(flags: UInt64, controls: UInt32, features: UInt32) -> [Bool] {
      answers(
        ZeroCopySupport(
          .asked(
            "7", opcodes: ZeroCopyEvidence.opcodes(registers: 37, setupFlags: 0),
            zeroCopy: ZeroCopyEvidence.zeroCopy(flags: flags, controls: controls, features: features),
            .refused(.operationNotSupportedByDevice))))
    }
    #expect(support(flags: 0, controls: 0, features: 0) == [false, false, false, false, false, false])
    #expect(support(flags: 1, controls: 2, features: 0) == [false, true, false, false, false, false])
    #expect(support(flags: 2, controls: 0, features: 0) == [true, false, false, false, false, false])
    #expect(support(flags: 0, controls: 0, features: 1) == [false, false, true, false, false, false])
    #expect(support(flags: 0, controls: 0, features: 2) == [false, false, false, true, false, false])
  }

  @Test("A kernel before 6.15 does not know the registration")
  func tooOld() {
    let support = ZeroCopySupport(.asked("6.12.107", .refused(.invalidArgument)))
    #expect(support.isBuiltIn == .absent("this kernel is older than 6.15"))
    #expect(support.summary == "no zero-copy receive: this kernel is older than 6.15")
    #expect(answers(support) == [false, false, false, false, false, false])
  }

  @Test("A kernel before 6.1 does not know the ring")
  func farTooOld() {
    let support = ZeroCopySupport(.asked("5.10", ZeroCopyEvidence.ringRefused(.invalidArgument)))
    #expect(support.summary.contains("older than 6.1"))
    #expect(!support.isBuiltIn.isPresent)
  }

  @Test("A kernel of 6.15 that cannot be asked is told by the probe alone")
  func linux615() {
    let support = ZeroCopySupport(.asked("6.15.2", .refused(.operationNotSupportedByDevice)))
    #expect(support.isBuiltIn.isPresent)
    #expect(answers(support) == [false, false, false, false, false, false])
    guard case .absent = support.mixedCQE else {
      Issue.record("\(support.mixedCQE)")
      return
    }
  }

  @Test("What a kernel built without zero-copy receive lists counts for nothing")
  func configuredOut() {
    let support = ZeroCopySupport(
      .asked(
        "7.3.4", opcodes: ZeroCopyEvidence.linux72,
        zeroCopy: ZeroCopyEvidence.zeroCopy(flags: 3, controls: 4, features: 3), .refused(.notSupported)))
    #expect(answers(support) == [false, false, false, false, false, true])
    #expect(support.summary.contains("CONFIG_IO_URING_ZCRX"))
  }

  @Test("Without CAP_NET_ADMIN it is known to be there and not to be usable")
  func unprivileged() {
    let support = ZeroCopySupport(
      .asked(
        "6.18.44", opcodes: ZeroCopyEvidence.linux618, zeroCopy: .refused(.notSupported), .refused(.notPermitted)))
    #expect(support.isBuiltIn.isPresent)
    #expect(!support.permission.isPresent)
    #expect(support.summary.contains("but using it takes CAP_NET_ADMIN"))
  }

  @Test("A filter in front of the kernel leaves everything unknown")
  func filtered() {
    let support = ZeroCopySupport(
      .asked(
        "6.18", opcodes: .refused(.notPermitted), zeroCopy: .refused(.notPermitted), .refused(.notPermitted)))
    for capability in [support.isBuiltIn, support.permission, support.nodev, support.flush, support.mixedCQE] {
      guard case .unknown = capability else {
        Issue.record("\(capability)")
        continue
      }
    }
    #expect(support.summary.hasPrefix("cannot tell"))
    #expect(support.summary.contains("seccomp"))
  }

  @Test("A refused ring is said with its reason and advice")
  func noRing() {
    for errno in [Errno.notPermitted, .noMemory] {
      let support = ZeroCopySupport(.asked("6.18", ZeroCopyEvidence.ringRefused(errno)))
      guard case .unknown(let reason) = support.isBuiltIn else {
        Issue.record("\(support.isBuiltIn)")
        continue
      }
      #expect(reason.contains("\(errno)"))
      #expect(reason.contains("advice"))
    }
  }

  @Test("A kernel without io_uring has no zero-copy receive: that is known, as of every other way that needs a ring")
  func noRings() {
    let support = ZeroCopySupport(.asked("6.18", ZeroCopyEvidence.ringRefused(.noFunction)))
    guard case .absent(let reason) = support.isBuiltIn else {
      Issue.record("\(support.isBuiltIn)")
      return
    }
    #expect(reason.contains("advice"))
    #expect(answers(support) == [false, false, false, false, false, false])
  }

  @Test("An answer nobody expects is not taken for a yes or a no")
  func unexpected() {
    for errno in [Errno.ioError, .noMemory, .badAddress, .fileExists] {
      let support = ZeroCopySupport(.asked("6.18", opcodes: ZeroCopyEvidence.linux618, .refused(errno)))
      guard case .unknown = support.isBuiltIn else {
        Issue.record("\(support.isBuiltIn)")
        continue
      }
    }
    let strange = ZeroCopySupport(
      .asked("6.18", opcodes: ZeroCopyEvidence.linux618, .refused(.invalidArgument)))
    guard case .unknown = strange.isBuiltIn else {
      Issue.record("\(strange.isBuiltIn)")
      return
    }
  }
}
